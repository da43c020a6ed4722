"""`./hotline shadow`: follows the journal of an engine, live or over, and prints what other rules would have decided."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from acd.floor import Floor
from acd.rules import Rules
from cti.explain import Names
from engine.config import Configuration
from engine.shadow.judge import Judge
from engine.shadow.tail import JournalTail
from engine.shadow.words import Summary, as_json, line_of, lines_of
from engine.words import language, say

__all__ = ["shadow"]

LOOK_S = 0.2
"""How often the journal is looked at; events are a few seconds old when they are told at the latest."""


def shadow(
    configuration: Configuration,
    journal: Path,
    *,
    minutes: float | None = None,
    as_lines_of_json: bool = False,
    out: Callable[[str], object] = print,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Judge every decision of the journal by the rules of `configuration`: for so many minutes (0: only what is there now;
    None: until Ctrl-C). Exit code 1 when there is no journal."""
    if not journal.is_dir():
        print(
            say(
                f"{journal} 不是日志目录（--home 或 --journal）。",
                f"{journal}: no such journal; give --home or --journal.",
            ),
            file=sys.stderr,
        )
        return 1
    watch = _Watch(configuration, JournalTail(journal), as_lines_of_json, out)
    until = None if minutes is None else clock() + minutes * 60.0
    try:
        watch.look()
        while until is None or clock() < until:
            sleep(LOOK_S)
            watch.look()
    except KeyboardInterrupt:
        pass
    watch.close()
    return 0


class _Watch:
    def __init__(
        self, configuration: Configuration, tail: JournalTail, in_json: bool, out: Callable[[str], object]
    ) -> None:
        self._tail = tail
        self._in_json = in_json
        self._out = out
        self._summary = Summary()
        self._reasons = {
            name: {"zh": names.zh, "en": names.en or names.zh}
            for name, names in configuration.agents.not_ready_reasons.items()
        }
        self._zone = ZoneInfo(configuration.system.timezone)
        found = tail.snapshot()
        live = found.floor if found else Floor.under(Rules(version="", queues={}, agents={}))
        self._judge = Judge(live, configuration.rules, found.t if found else 0.0)
        self._shadow_names = Names.of(configuration.rules, self._reasons)

    def look(self) -> None:
        """Take in what has come."""
        for line in self._tail.lines():
            for verdict in self._judge.take(line.e, line.t):
                self._summary.add(verdict)
                if verdict.same:
                    continue
                if self._in_json:
                    self._out(msgspec.json.encode(as_json(verdict)).decode())
                else:
                    names = (self._live_names(), self._shadow_names)
                    self._out(line_of(verdict, *names, self._zone, language()))

    def close(self) -> None:
        """The summary, and what could not be judged."""
        summary = self._summary
        if self._in_json:
            reasons = [{"live": one, "other": other, "count": n} for (one, other), n in summary.reasons.most_common()]
            whole = {
                "decisions": summary.whole.decisions,
                "same": summary.whole.same,
                "queues": summary.queues,
                "reasons": reasons,
                "failures": self._judge.failures,
                "unreadable": self._tail.unreadable,
            }
            self._out(msgspec.json.encode({"summary": whole}).decode())
            return
        for text in lines_of(summary, self._live_names(), language()):
            self._out(text)
        if self._judge.failures or self._tail.unreadable:
            failures, unreadable = self._judge.failures, self._tail.unreadable
            self._out(
                say(
                    f"{failures} 个事件无法在某一规则下重做，{unreadable} 行日志无法读取。",
                    f"{failures} events could not be done again under one of the rules, {unreadable} lines not be read.",
                )
            )

    def _live_names(self) -> Names:
        return Names.of(self._judge.live.rules, self._reasons)
