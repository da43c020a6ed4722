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
    """One slot of the window: seconds talked, calls answered, seconds on duty."""

    number: int
    talk_s: float = 0.0
    calls: int = 0
    duty_s: float = 0.0


class Workload(msgspec.Struct):
    """An agent's recent work. Times are seconds since the epoch; they never run backwards."""

    window_s: float = 7200.0
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
        slot = self._slot(now)
        slot.talk_s += talk_s
        slot.calls += 1

    def load(self, weights: LeastBusyWeights, now: float) -> float:
        """Weighted work per hour on duty; see LeastBusyWeights."""
        self._bank_duty(now)
        self._forget(now)
        talk_s = sum(slot.talk_s for slot in self.slots)
        calls = sum(slot.calls for slot in self.slots)
        duty_s = max(sum(slot.duty_s for slot in self.slots), MINIMUM_DUTY_S)
        return (weights.talk * talk_s / 60 + weights.count * calls) * 3600 / duty_s

    def _slot(self, now: float) -> Slot:
        number = int(now // (self.window_s / SLOTS))
        if not self.slots or self.slots[-1].number < number:
            self.slots.append(Slot(number))
        return self.slots[-1]

    def _bank_duty(self, now: float) -> None:
        """Book the time on duty up to `now`. All of it goes to the current slot: a slot is long against the gaps
        between bookings, because every look at the load books."""
        if self.on_duty_since is None:
            return
        self._slot(now).duty_s += now - self.on_duty_since
        self.on_duty_since = now

    def _forget(self, now: float) -> None:
        oldest = int(now // (self.window_s / SLOTS)) - SLOTS
        while self.slots and self.slots[0].number <= oldest:
            self.slots.pop(0)
