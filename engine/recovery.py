"""Starting from the journal: the floor and the figures as they were at the last event."""

import logging
import math
from collections.abc import Callable, Sequence

from acd.core import Refused, step
from acd.events import Event, RulesLoaded
from acd.floor import Floor
from acd.model import CallId
from acd.records import CallOpened, Record
from acd.rules import Rules
from engine.journal import FileJournal
from engine.queue_log import QueueLog
from metrics.intervals import Tally

__all__ = ["EngineBefore", "Figures", "done_again", "recover"]

log = logging.getLogger(__name__)

ON_THE_WAY_S = 5.0
"""How long a caller may have been answered by Asterisk before a busy engine took note of him."""


class EngineBefore:
    """What the engine before this one knew of callers when it ended."""

    def __init__(self) -> None:
        self.met: set[CallId] = set()
        """Those who came to it, as far back as its journal was read."""
        self.ended_at = 0.0
        """Its last event; 0: there was no engine before."""
        self._first_at = math.inf

    @property
    def knew_all_since(self) -> float | None:
        """A caller who was answered after this and is not in `met` never reached it. None: there was no engine before."""
        if not self.ended_at:
            return None
        return max(min(self._first_at, self.ended_at), self.ended_at - ON_THE_WAY_S)

    def take(self, records: Sequence[Record]) -> Sequence[Record]:
        """Note who came; the records are passed on."""
        for record in records:
            if isinstance(record, CallOpened):
                self.met.add(record.call)
                self._first_at = min(self._first_at, record.at)
        return records


class Figures:
    """Counts the records of a floor into its tally: the same way while it lives and when its events are done again."""

    def __init__(self, floor: Floor, tally: Tally) -> None:
        self._floor = floor
        self._tally = tally
        self.follow()

    def follow(self) -> None:
        """The rules may have changed."""
        self._rules = self._floor.rules
        self._tally.follow(self._rules)

    def __call__(self, records: Sequence[Record], now: float = 0.0) -> None:
        """Count what one event led to; when it changed the rules, by the new ones."""
        if self._floor.rules is not self._rules:
            self.follow()
        for record in records:
            self._tally.apply(record)


def recover(
    journal: FileJournal, keep: Callable[[Sequence[Record]], None], queue_log: QueueLog | None = None
) -> tuple[Floor, Tally]:
    """The newest snapshot, and every event after it done again.

    The same events give the same records: they are handed to `keep` once more, because the last of them may not have reached
    the spool when the engine was killed. Their keys make a second copy harmless. The queue_log is told of them as well, and
    writes what it has not written yet.
    """
    snapshot, lines = journal.restore()
    floor = snapshot.floor if snapshot else Floor.under(Rules(version="", queues={}, agents={}))
    tally = snapshot.tally if snapshot else Tally()
    figures = Figures(floor, tally)
    events = 0
    if queue_log is not None:
        queue_log.take_up(snapshot.queue_log if snapshot else None)
    for line in lines:
        events += 1
        records = done_again(floor, line.e, line.t, line.n) or ()
        if isinstance(line.e, RulesLoaded):
            figures.follow()
        figures(records)
        keep(records)
        if queue_log is not None:
            queue_log.take(records, floor, line.t, line.n)
    if queue_log is not None:
        queue_log.caught_up()
    if events or snapshot:
        log.info("taken up at event %d: %d calls, %d events done again", journal.number, len(floor.calls), events)
    return floor, tally


def done_again(floor: Floor, event: Event, at: float, number: int) -> Sequence[Record] | None:
    """The records an event of the journal leads to; None: it was refused, and is again. What failed the first time fails
    again, with the same traces: the runner went on without it too."""
    try:
        return step(floor, event, at).records
    except Refused:
        return None
    except Exception:
        log.exception("event %d of the journal cannot be done again; going on without it", number)
        return ()
