"""The floor's time."""

import time

__all__ = ["SteadyClock"]


class SteadyClock:
    """Seconds since the epoch that never run backwards: the wall clock at the start, monotonic from there on.

    Setting the computer's clock during the day changes no waiting time. `not_before` is the last time in the journal: a
    restart continues after it even when the wall clock was set back meanwhile.
    """

    def __init__(self, not_before: float = 0.0) -> None:
        self._offset_s = max(time.time(), not_before) - time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() + self._offset_s
