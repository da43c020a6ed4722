"""A floor that stands still, for the exporter to read."""

from collections.abc import Mapping

from acd.model import CallState, QueueId
from agents.state import AgentState
from metrics.definitions import Band
from metrics.live_view import Break, Disk
from tests.unit.metrics.records import REPAIR, SALES


class StillFloor:
    """Two queues: three callers wait for sales, nobody for repair."""

    def waiting_calls(self) -> Mapping[QueueId, int]:
        return {SALES: 3, REPAIR: 0}

    def callbacks(self) -> Mapping[QueueId, int]:
        return {SALES: 2, REPAIR: 0}

    def longest_wait_s(self) -> Mapping[QueueId, float]:
        return {SALES: 41.5, REPAIR: 0.0}

    def agents(self) -> Mapping[tuple[QueueId, AgentState], int]:
        return {(SALES, AgentState.READY): 2, (REPAIR, AgentState.READY): 2, (SALES, AgentState.TALKING): 1}

    def site_agents(self) -> Mapping[AgentState, int]:
        return {AgentState.READY: 2, AgentState.TALKING: 1}

    def calls(self) -> Mapping[CallState, int]:
        return {CallState.WAITING: 3, CallState.TALKING: 1}

    def group_agents(self) -> Mapping[tuple[str, AgentState], int]:
        return {("day", AgentState.READY): 2, ("day", AgentState.NOT_READY): 3}

    def breaks(self) -> Mapping[str, Break]:
        return {"day": Break(agents=3, longest_s=1200.0, limit_s=900.0), "night": Break(0, 0.0, None)}

    def targets(self) -> Mapping[str, Band]:
        return {"service_level": Band(low=0.8), "queue_time": Band(30.0, 90.0)}

    def components_up(self) -> Mapping[str, bool]:
        return {"ami": True, "database": False}

    def disks(self) -> Mapping[str, Disk]:
        return {"home": Disk(free=5_000, size=20_000)}

    def service_level_targets(self) -> Mapping[QueueId, float]:
        return {SALES: 0.8, REPAIR: 0.7}

    def queues_closed(self) -> Mapping[QueueId, bool]:
        return {SALES: False, REPAIR: True}

    def calendar_days_known(self) -> Mapping[str, int]:
        return {"office": 59, "night": -3}

    def breaks_overrun(self) -> int:
        return 2

    def ami_connected(self) -> Mapping[str, bool]:
        return {"node1": True, "node2": False}

    def events_dropped(self) -> int:
        return 4

    def defects(self) -> Mapping[str, int]:
        return {"core": 1, "caller": 0}

    def edge_alarms(self) -> Mapping[tuple[str, str], int]:
        return {("agi", "bad_reply"): 2, ("ami", "odd_message"): 3}

    def journal_failures(self) -> Mapping[str, int]:
        return {"not_written": 8, "damaged": 0}

    def webhook_events(self) -> Mapping[str, int]:
        return {"delivered": 9, "refused": 0}

    def spool_set_aside(self) -> int:
        return 7

    def left_while_away(self) -> Mapping[str, int]:
        return {"imported": 6, "damaged": 2}

    def sessions(self) -> int:
        return 5

    def event_loop_lag_s(self) -> float:
        return 0.002

    def journal_sequence(self) -> int:
        return 1234

    def spool_entries(self) -> int:
        return 6

    def spool_oldest_age_s(self) -> float:
        return 1.5

    def recordings_missing(self) -> int:
        return 1

    def audit_differences(self) -> Mapping[str, int]:
        return {"live": 0, "stored": 3}

    def last_audit_at(self) -> float:
        return 1_800_000_000.0

    def version(self) -> str:
        return "0.1.0"
