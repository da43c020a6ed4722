"""Starting from the journal: the floor and the figures as they were at the last event."""

import logging
from collections.abc import Callable, Sequence

from acd.core import Refused, step
from acd.events import RulesLoaded
from acd.floor import Floor
from acd.records import Record
from acd.rules import Rules
from engine.journal import FileJournal
from metrics.intervals import Tally

__all__ = ["recover"]

log = logging.getLogger(__name__)


def recover(journal: FileJournal, keep: Callable[[Sequence[Record]], None]) -> tuple[Floor, Tally]:
    """The newest snapshot, and every event after it done again.

    The same events give the same records: they are handed to `keep` once more, because the last of them may not have reached
    the spool when the engine was killed. Their keys make a second copy harmless.
    """
    snapshot, lines = journal.restore()
    floor = snapshot.floor if snapshot else Floor.under(Rules(version="", queues={}, agents={}))
    tally = snapshot.tally if snapshot else Tally()
    events = 0
    for line in lines:
        events += 1
        try:
            records = step(floor, line.e, line.t).records
        except Refused:
            continue
        except Exception:
            log.exception("event %d of the journal cannot be done again; going on without it", line.n)
            continue
        if isinstance(line.e, RulesLoaded):
            tally.follow(floor.rules)
        for record in records:
            tally.apply(record)
        keep(records)
    if events or snapshot:
        log.info("taken up at event %d: %d calls, %d events done again", journal.number, len(floor.calls), events)
    return floor, tally
