"""What the metrics page reads at the moment it is asked: the floor, and the engine around it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from acd.doors import is_closed
from acd.floor import FREE, Floor
from acd.model import IN_QUEUE, CallState, QueueId
from agents.state import AgentState
from cti.health import ComponentState
from ivr.hours import days_known
from metrics.definitions import Band
from metrics.live_view import Break, Disk

if TYPE_CHECKING:
    from engine.app import Engine

__all__ = ["VERSION", "EngineView", "FloorView"]

VERSION = "0.1.0"


class FloorView:
    """The part of metrics.live_view.LiveView that is about callers and agents."""

    def __init__(self, floor: Floor, now: Callable[[], float]) -> None:
        self._floor = floor
        self._now = now

    def calls(self) -> Mapping[CallState, int]:
        counts = dict.fromkeys(CallState, 0)
        for call in self._floor.calls.values():
            counts[call.state] += 1
        return counts

    def waiting_calls(self) -> Mapping[QueueId, int]:
        counts = dict.fromkeys(self._floor.rules.queues, 0)
        for call in self._floor.calls.values():
            if call.queue is not None and call.state in IN_QUEUE and call.has_leg:
                counts[call.queue] = counts.get(call.queue, 0) + 1
        return counts

    def callbacks(self) -> Mapping[QueueId, int]:
        counts = dict.fromkeys(self._floor.rules.queues, 0)
        for wanted in self._floor.callbacks.values():
            counts[wanted.queue] = counts.get(wanted.queue, 0) + 1
        return counts

    def longest_wait_s(self) -> Mapping[QueueId, float]:
        now = self._now()
        longest = dict.fromkeys(self._floor.rules.queues, 0.0)
        for call in self._floor.calls.values():
            if call.queue is not None and call.state in IN_QUEUE and call.has_leg:
                longest[call.queue] = max(longest.get(call.queue, 0.0), now - call.segment_at)
        return longest

    def agents(self) -> Mapping[tuple[QueueId, AgentState], int]:
        counts: dict[tuple[QueueId, AgentState], int] = {}
        for queue, standings in self._floor.standings.items():
            for standing, count in standings.items():
                state = AgentState.READY if standing == FREE or standing.startswith("phone_") else AgentState(standing)
                counts[queue, state] = counts.get((queue, state), 0) + count
        return counts

    def site_agents(self) -> Mapping[AgentState, int]:
        counts = dict.fromkeys(AgentState, 0)
        for agent in self._floor.agents.values():
            counts[agent.state] += 1
        return counts

    def group_agents(self) -> Mapping[tuple[str, AgentState], int]:
        counts: dict[tuple[str, AgentState], int] = {}
        for agent in self._floor.agents.values():
            for group in self._floor.rules.agents[agent.id].groups:
                counts[group, agent.state] = counts.get((group, agent.state), 0) + 1
        return counts

    def breaks(self) -> Mapping[str, Break]:
        rules, now = self._floor.rules, self._now()
        lasted: dict[str, list[float]] = {group: [] for group in rules.breaks}
        for agent in self._floor.agents.values():
            if agent.state is AgentState.NOT_READY:
                for group in rules.agents[agent.id].groups:
                    if group in lasted and agent.reason in rules.breaks[group].reasons:
                        lasted[group].append(now - agent.since)
        return {
            group: Break(len(breaks), max(breaks, default=0.0), rules.breaks[group].longest_s)
            for group, breaks in lasted.items()
        }

    def breaks_overrun(self) -> int:
        return sum(agent.overrun for agent in self._floor.agents.values())

    def service_level_targets(self) -> Mapping[QueueId, float]:
        return {queue.id: queue.service_level.target for queue in self._floor.rules.queues.values()}

    def queues_closed(self) -> Mapping[QueueId, bool]:
        return {queue: is_closed(self._floor, queue) for queue in self._floor.rules.queues}


class EngineView(FloorView):
    """metrics.live_view.LiveView over an engine."""

    def __init__(self, engine: "Engine") -> None:
        super().__init__(engine.floor, engine.runner.now)
        self._engine = engine

    def targets(self) -> Mapping[str, Band]:
        return self._engine.configuration.metrics.bands_in_force()

    def components_up(self) -> Mapping[str, bool]:
        parts = self._engine.web.health.components()
        return {part.name: part.state is ComponentState.UP for part in parts if part.state is not ComponentState.OFF}

    def disks(self) -> Mapping[str, Disk]:
        return self._engine.disks.measured

    def calendar_days_known(self) -> Mapping[str, int]:
        now = datetime.fromtimestamp(self._engine.runner.now(), UTC)
        calendars = self._engine.configuration.script.calendars
        known = {name: days_known(hours, now) for name, hours in calendars.items()}
        return {name: days for name, days in known.items() if days is not None}

    def ami_connected(self) -> Mapping[str, bool]:
        return {self._engine.site.configuration.system.site: self._engine.ami.connected}

    def events_dropped(self) -> int:
        return self._engine.dropped

    def defects(self) -> Mapping[str, int]:
        engine = self._engine
        return {
            "core": engine.runner.failures,
            "caller": engine.agi.counters.handler_failures,
            "ami": engine.ami.counters.callback_failures,
            "webhook": self._hooks("failures"),
        }

    def edge_alarms(self) -> Mapping[tuple[str, str], int]:
        agi, ami = self._engine.agi.counters, self._engine.ami.counters
        return {
            ("agi", "bad_reply"): agi.bad_replies,
            ("agi", "refused_opening"): agi.refused_environment,
            ("agi", "odd_opening"): agi.odd_environment_lines,
            ("agi", "full"): agi.refused_full,
            ("ami", "odd_message"): ami.alarms,
            ("ami", "refused_login"): ami.login_refusals,
        }

    def journal_failures(self) -> Mapping[str, int]:
        journal = self._engine.journal
        return {
            "not_written": journal.failed_writes,
            "not_synced": journal.failed_syncs,
            "damaged": journal.damaged_lines,
            "missing": journal.missing_events,
        }

    def webhook_events(self) -> Mapping[str, int]:
        return {outcome: self._hooks(outcome) for outcome in ("delivered", "refused", "too_old", "overflowed")}

    def spool_set_aside(self) -> int:
        return self._engine.spool.set_aside_lines

    def left_while_away(self) -> Mapping[str, int]:
        away = self._engine.away
        return {"imported": away.imported, "damaged": away.spool.damaged}

    def _hooks(self, outcome: str) -> int:
        return sum(getattr(counters, outcome) for counters in self._engine.web.webhooks.counters.values())

    def sessions(self) -> int:
        return self._engine.agi.live_sessions

    def event_loop_lag_s(self) -> float:
        return self._engine.lag_s

    def journal_sequence(self) -> int:
        return self._engine.journal.number

    def spool_entries(self) -> int:
        return self._engine.spool.depth

    def spool_oldest_age_s(self) -> float:
        return self._engine.spool.oldest_age_s

    def recordings_missing(self) -> int:
        counts = self._engine.keeper.counts
        return counts["missing"] + counts["empty"] + counts["damaged"]

    def audit_differences(self) -> Mapping[str, int]:
        return self._engine.audit.differences

    def last_audit_at(self) -> float:
        last = self._engine.audit.last
        return last.audit.at if last else 0.0

    def version(self) -> str:
        return VERSION
