"""Who goes first when the processor is short. A call cannot wait: voice is due every 20 ms, and each hand-off passes through
half a dozen threads of Asterisk and one of the engine, each of which may have to queue behind whatever else the machine does.
"""

import contextlib
import os
from pathlib import Path

__all__ = ["ASTERISK_NICE", "ENGINE_NICE", "go_first"]

ENGINE_NICE = -10
"""The engine needs little, but every hand-off waits for that little; Asterisk's threads are many."""
ASTERISK_NICE = -5


def go_first(pid: int, nice: int) -> None:
    """Ask for the processor before others, for a process that has no threads yet: -20 the most, 0 like anybody.

    Linux shares the processor among sessions first (autogroup) and among the threads of each only then, so the process's own
    figure does not count against other sessions: its session gets the same, if it is its own. Without the right to it (an
    ordinary account, a container) or the feature, it goes without.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with contextlib.suppress(OSError):
        if os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(nice), "ascii")
