"""One line of a queue_log (Asterisk main/logger.c), and the words it may hold (apps/app_queue.c, and what vendors add).

epoch_seconds|callid|queue|agent|event|data...        nothing escapes a | in a caller's name, so names come last and are cut
"""

from collections.abc import Sequence
from typing import Final

import msgspec

__all__ = ["FEWEST", "OUTSIDE", "PASSED_OVER", "TALK_FIELD", "UNSERVED", "LogLine", "line_of", "log_line", "time_of"]

TALK_FIELD: Final = {
    "COMPLETEAGENT": 1,
    "COMPLETECALLER": 1,
    "BLINDTRANSFER": 3,
    "TRANSFER": 3,
    "ATTENDEDTRANSFER": -2,
}
"""Where a talk's seconds stand. ATTENDEDTRANSFER has five or six fields, and ends with holdtime, talktime, position."""
FEWEST: Final = {
    "ENTERQUEUE": 2,
    "CONNECT": 1,
    "COMPLETEAGENT": 2,
    "COMPLETECALLER": 2,
    "BLINDTRANSFER": 4,
    "TRANSFER": 4,
    "ATTENDEDTRANSFER": 5,
    "RINGNOANSWER": 1,
    "RINGCANCELED": 1,
    "CALLEROFFHOLD": 1,
    "DID": 1,
    "INFO": 2,
}
"""Data fields without which a line tells nothing."""
UNSERVED: Final = {
    "EXITWITHTIMEOUT": "max_wait",
    "EXITEMPTY": "nobody",
    "LEAVEEMPTY": "nobody",
    "EXITWITHKEY": "key",
    "WITHDRAW": "sent",
}
"""How a caller leaves a queue without an agent and without hanging up, and what acd.records.QueueLeft calls the reason."""
OUTSIDE: Final = frozenset({"CALLOUTBOUND", "OUTCALL"})
"""Begin a call that goes out: QueueMetrics' verb, and app_queue's for QueueUpdate()."""
PASSED_OVER: Final = frozenset(
    {
        *("CONFIGRELOAD", "PENALTY", "RINGINUSE", "ADDMEMBER2", "PAUSEREASON", "HOTDESK", "CALLSTATUS", "CALLERONHOLD"),
        *("HOLD", "UNHOLD", "AGENTDUMP", "FULL", "JOINEMPTY", "JOINUNAVAIL", "CLOSED", "DIVERT_CA_RATIO"),
        *("DIVERT_HOLDTIME", "TRANSFERFAILED", "TASK", "CALLBACK", "PRESENTAGENT", "RINGING", "SLASTART", "SLASTOP"),
    }
)
"""Known, and no figure here is made of them: settings, QueueMetrics' and vendors' notes, callers who never came to wait."""
FIRST_TIME: Final = 946_684_800.0
LAST_TIME: Final = 4_102_444_800.0
"""The years 2000 to 2099: a digit too many or too few is no time."""


class LogLine(msgspec.Struct, frozen=True):
    """One line."""

    at: float
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    def seconds(self, field: int) -> float | None:
        """A number of the data; None: not there, or none."""
        try:
            return max(float(self.data[field]), 0.0)
        except (IndexError, ValueError):
            return None


def log_line(text: str) -> LogLine | None:
    """None: no line of a queue_log."""
    return line_of(text.rstrip("\r\n").split("|"))


def line_of(parts: Sequence[str]) -> LogLine | None:
    """A line that is cut into its fields already."""
    if len(parts) < 5:
        return None
    try:
        at = time_of(parts[0])
    except ValueError:
        return None
    data = tuple(parts[5:-1] if len(parts) > 5 and parts[-1] == "" else parts[5:])
    return LogLine(at, parts[1], parts[2], parts[3], parts[4].upper(), data)


def time_of(text: str) -> float:
    """Seconds since the epoch. Raises ValueError for what is none."""
    at = float(text)
    if not FIRST_TIME <= at < LAST_TIME:
        raise ValueError("no time of a queue_log")
    return at
