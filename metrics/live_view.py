"""What the metrics page reads at each scrape, besides the tally: what is true at this moment."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from acd.model import CallState, QueueId
from agents.state import AgentState
from metrics.definitions import Band

__all__ = ["Break", "Disk", "LiveView"]


class Break(NamedTuple):
    """The breaks of a group now, and what its rule allows (None: no limit)."""

    agents: int
    longest_s: float
    limit_s: float | None


class Disk(NamedTuple):
    """The space of a disk, in bytes; free is what the engine may still use."""

    free: int
    size: int


class LiveView(Protocol):
    """What is read at each scrape; no method may block."""

    def waiting_calls(self) -> Mapping[QueueId, int]:
        """Callers waiting, those being offered to an agent too. Every configured queue is in it: 0 where nobody waits."""
        ...

    def callbacks(self) -> Mapping[QueueId, int]:
        """By queue: customers who are to be called back."""
        ...

    def longest_wait_s(self) -> Mapping[QueueId, float]:
        """Per queue; 0 where nobody waits."""
        ...

    def agents(self) -> Mapping[tuple[QueueId, AgentState], int]:
        """Agents by queue they serve and state; states nobody is in may be left out."""
        ...

    def site_agents(self) -> Mapping[AgentState, int]:
        """Agents by state, each once."""
        ...

    def calls(self) -> Mapping[CallState, int]:
        """Live calls by where they are; states no call is in may be left out."""
        ...

    def group_agents(self) -> Mapping[tuple[str, AgentState], int]:
        """Agents by group and state; as `agents`."""
        ...

    def breaks(self) -> Mapping[str, Break]:
        """By group that has a rule about breaks."""
        ...

    def targets(self) -> Mapping[str, Band]:
        """The bands in force, by figure."""
        ...

    def components_up(self) -> Mapping[str, bool]:
        """Whether they are as they should be; those not configured are not in it."""
        ...

    def disks(self) -> Mapping[str, Disk]:
        """By what is kept there; as last measured."""
        ...

    def service_level_targets(self) -> Mapping[QueueId, float]:
        """By queue: the share of callers who are to be answered in time."""
        ...

    def queues_closed(self) -> Mapping[QueueId, bool]:
        """Whether they take no new callers. Every configured queue is in it."""
        ...

    def breaks_overrun(self) -> int:
        """Agents whose break lasts too long."""
        ...

    def calendar_days_known(self) -> Mapping[str, int]:
        """By calendar; those that need no holidays are not in it."""
        ...

    def ami_connected(self) -> Mapping[str, bool]:
        """By Asterisk node."""
        ...

    def events_dropped(self) -> int:
        """Facts lost because they could not be kept, since the process began; the next five likewise."""
        ...

    def defects(self) -> Mapping[str, int]:
        """By part of the engine; each part is in it, with 0 when nothing failed. The next three likewise."""
        ...

    def edge_alarms(self) -> Mapping[tuple[str, str], int]:
        """By edge and kind."""
        ...

    def journal_failures(self) -> Mapping[str, int]:
        """By kind."""
        ...

    def webhook_events(self) -> Mapping[str, int]:
        """By outcome, all hooks together."""
        ...

    def spool_set_aside(self) -> int: ...

    def left_while_away(self) -> Mapping[str, int]:
        """By outcome."""
        ...

    def sessions(self) -> int:
        """Callers' legs the FastAGI server holds."""
        ...

    def event_loop_lag_s(self) -> float: ...

    def journal_sequence(self) -> int:
        """Number of the last event in the journal."""
        ...

    def spool_entries(self) -> int: ...

    def spool_oldest_age_s(self) -> float:
        """0 when the spool is empty."""
        ...

    def recordings_missing(self) -> int: ...

    def audit_differences(self) -> Mapping[str, int]:
        """Of the last audit, by kind; empty: there was none yet."""
        ...

    def last_audit_at(self) -> float:
        """Seconds since the epoch; 0: there was none yet."""
        ...

    def version(self) -> str: ...
