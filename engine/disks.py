"""How much room is left where the engine keeps things."""

import asyncio
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from metrics.live_view import Disk

__all__ = ["Disks"]

log = logging.getLogger(__name__)

EVERY_S = 30.0


class Disks:
    """Asks in a thread, and seldom: a disk that hangs must not hold up calls. `folders` are by the name they are shown
    under; one that cannot be asked is not in `measured`."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self.measured: dict[str, Disk] = {}

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            self.measured = await asyncio.to_thread(self.measure)
            await asyncio.sleep(EVERY_S)

    def measure(self) -> dict[str, Disk]:
        """As it is now; blocks."""
        found: dict[str, Disk] = {}
        for name, folder in self._folders.items():
            try:
                usage = shutil.disk_usage(folder)
            except OSError as error:
                log.warning("the disk of %s cannot be measured: %s", folder, error)
            else:
                found[name] = Disk(free=usage.free, size=usage.total)
        return found
