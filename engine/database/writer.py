"""The task that brings the spool into SQL, in batches, and keeps trying: SQL may be down, locked or slow for hours.

What waits stays on the disk, so memory is bounded by one batch. A batch that takes too long is tried again in smaller
portions; a row that SQL will never take is set aside, and the rest goes on.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from engine.database.changes import note_changes
from engine.database.connection import Database
from engine.database.upserts import RowsRefused, upsert
from engine.facts import Row
from engine.spool import Spool

__all__ = ["SpoolWriter"]

logger = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.2


class SpoolWriter:
    """`run` it as a task; `problem` says what keeps it from writing, for healthz ("" when nothing does)."""

    def __init__(
        self,
        spool: Spool,
        database: Database,
        *,
        batch_rows: int = 500,
        gather_s: float = 0.2,
        sync_s: float = 0.2,
        transaction_s: float = 20.0,
        longest_pause_s: float = 5.0,
    ) -> None:
        self._spool = spool
        self._database = database
        self._most = batch_rows
        self._portion = batch_rows
        self._gather_s = gather_s
        self._sync_s = sync_s
        self._transaction_s = transaction_s
        self._longest_pause_s = longest_pause_s
        self.problem = ""
        self.rows_written = 0
        """Since the start; a row written again after a failure counts again."""
        self.failures = 0
        """Attempts that failed."""

    async def run(self) -> None:
        """Write until cancelled. Wait for `spool.drained` before that to leave nothing for the next start."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_syncing(), name="spool sync")
            tasks.create_task(self._keep_writing(), name="spool writer")

    async def _keep_writing(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._database.open()  # also when there is nothing to write: readers are waiting for it
                await self._spool.filled()
                await self._write_batch()
                pause_s = FIRST_PAUSE_S
                self._note("")
            except Exception as error:  # whatever SQL, driver or disk have come up with: the rows are safe, try again
                self.failures += 1
                self._note(
                    f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no answer in time'}"
                )
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, self._longest_pause_s)

    async def _write_batch(self) -> None:
        if self._spool.depth < self._most:
            await asyncio.sleep(self._gather_s)
        batch = await asyncio.to_thread(self._spool.read, self._portion)
        try:
            await self._store(batch.rows)
        except TimeoutError:
            self._portion = max(1, self._portion // 4)
            raise
        self._portion = min(self._most, self._portion * 2)
        try:
            await asyncio.to_thread(self._spool.advance, batch)
        finally:
            self._spool.settle()

    async def _store(self, rows: Sequence[Row]) -> None:
        """All rows in one transaction; if some are refused, halves of them, down to the row that is to blame."""
        if not rows:
            return
        try:
            async with asyncio.timeout(self._transaction_s), self._database.transaction() as connection:
                await upsert(connection, rows)
                await note_changes(connection, rows)
            self.rows_written += len(rows)
        except RowsRefused as error:
            if len(rows) == 1:
                text = msgspec.json.encode(rows[0]).decode()
                await asyncio.to_thread(self._spool.set_aside, text, f"the database refuses it: {error}")
                return
            await self._store(rows[: len(rows) // 2])
            await self._store(rows[len(rows) // 2 :])

    async def _keep_syncing(self) -> None:
        while True:
            await asyncio.sleep(self._sync_s)
            try:
                await asyncio.to_thread(self._spool.sync)
            except OSError as error:
                logger.error("spool: the disk would not confirm what was written: %s", error)

    def _note(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        if problem:
            logger.warning("finished facts wait in the spool (%d rows): %s", self._spool.depth, problem)
        else:
            logger.info("finished facts reach the database again")
