"""How busy an agent has been lately: talk time and calls per time on duty, over a sliding window.

The window is kept in slots (SLOTS of them), so that an hour-old call leaves it without a timer per call and the cost does
not grow with the number of calls. Time on duty is measured in the same slots: an agent who logged in late is compared by
his rate, not by his total, and is not flooded.
"""

import msgspec

__all__ = ["LeastBusyWeights", "Workload"]

SLOTS = 8
MINIMUM_DUTY_S = 300.0
"""Below this time on duty the rate would jump about with every second; it counts as five minutes."""


class LeastBusyWeights(msgspec.Struct, frozen=True, kw_only=True):
    """load = (talk * minutes talked + count * calls answered) / hours on duty, over the last `window_s` seconds."""

    talk: float = 0.4
    count: float = 0.6
    window_s: float = 7200.0


class Slot(msgspec.Struct):
    """One slot of the window: when it began, seconds talked, calls answered, seconds on duty."""

    started_at: float
    talk_s: float = 0.0
    calls: int = 0
    duty_s: float = 0.0


class Workload(msgspec.Struct):
    """An agent's recent work. Times are seconds since the epoch; they never run backwards."""

    window_s: float = 7200.0
    """How far back anything is known: the longest window any of his queues looks at."""
    slots: list[Slot] = []
    on_duty_since: float | None = None

    def begin_duty(self, now: float) -> None:
        """The agent became available for work (log-in, end of a break)."""
        if self.on_duty_since is None:
            self.on_duty_since = now

    def end_duty(self, now: float) -> None:
        """The agent went on a break or home."""
        self._bank_duty(now)
        self.on_duty_since = None

    def add_call(self, talk_s: float, now: float) -> None:
        """A talk of `talk_s` seconds ended at `now`."""
        self._bank_duty(now)
        slot = self._slot(now)
        slot.talk_s += talk_s
        slot.calls += 1

    def load(self, weights: LeastBusyWeights, now: float) -> float:
        """Weighted work per hour on duty; see LeastBusyWeights."""
        since = now - weights.window_s
        talk_s, calls, duty_s = 0.0, 0, 0.0
        if self.on_duty_since is not None:
            duty_s = now - max(self.on_duty_since, since)
        for slot in self.slots:
            if slot.started_at > since:
                talk_s += slot.talk_s
                calls += slot.calls
                duty_s += slot.duty_s
        return (weights.talk * talk_s / 60 + weights.count * calls) * 3600 / max(duty_s, MINIMUM_DUTY_S)

    def _slot(self, now: float) -> Slot:
        length_s = self.window_s / SLOTS
        if not self.slots or self.slots[-1].started_at + length_s <= now:
            self.slots = [slot for slot in self.slots if slot.started_at > now - self.window_s]
            self.slots.append(Slot(now))
        return self.slots[-1]

    def _bank_duty(self, now: float) -> None:
        """Book the time on duty up to `now`, each part of it in its slot."""
        since = self.on_duty_since
        if since is None or since >= now:
            return
        since = max(since, now - self.window_s)
        while since < now:
            slot = self._slot(since)
            ends_at = slot.started_at + self.window_s / SLOTS
            until = now if now < ends_at else ends_at
            slot.duty_s += until - since
            since = until
        self.on_duty_since = now
