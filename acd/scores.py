"""The keys by which the free agents of a queue stand in line, by strategy; the lowest is asked first."""

from collections.abc import Callable
from typing import Final

from acd.line import Key
from acd.model import Agent
from acd.rules import QueueRules, Strategy
from agents.workload import LeastBusyWeights

__all__ = ["score"]


def score(agent: Agent, queue: QueueRules, now: float) -> Key:
    """The agent's place among the free agents of a queue."""
    return _KEYS[queue.strategy](agent, queue, now)


def _idle(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (agent.idle_since,)


def _load(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (round(agent.workload.load(queue.weights, now), 3), agent.idle_since)


def _calls_on_duty(agent: Agent, queue: QueueRules, now: float) -> Key:
    by_count = LeastBusyWeights(talk=0.0, count=1.0, window_s=queue.weights.window_s)
    return (round(agent.workload.load(by_count, now), 3), agent.idle_since)


def _turn(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (float(agent.turn.get(queue.id, 0)),)


def _spot(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (float(agent.spots[queue.id]),)


def _last_served(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (agent.last_served.get(queue.id, 0.0), float(agent.spots[queue.id]))


def _served(agent: Agent, queue: QueueRules, now: float) -> Key:
    return (float(agent.served.get(queue.id, 0)), float(agent.spots[queue.id]))


_KEYS: Final[dict[Strategy, Callable[[Agent, QueueRules, float], Key]]] = {
    Strategy.LONGEST_IDLE: _idle,
    Strategy.LEAST_BUSY: _load,
    Strategy.ROUND_ROBIN: _turn,
    Strategy.FEWEST_CALLS: _calls_on_duty,
    Strategy.MOST_SKILLED: _idle,
    Strategy.LINEAR: _spot,
    Strategy.RANDOM: _spot,
    Strategy.WEIGHTED_RANDOM: _spot,
    Strategy.RING_ALL: _idle,
    Strategy.RINGALL: _spot,
    Strategy.LEASTRECENT: _last_served,
    Strategy.FEWESTCALLS: _served,
    Strategy.RRMEMORY: _spot,
    Strategy.RRORDERED: _spot,
    Strategy.WRANDOM: _spot,
}
