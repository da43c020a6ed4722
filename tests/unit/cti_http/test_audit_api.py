"""Whether the numbers agree, over HTTP: for those who oversee, and for nobody else."""

import msgspec

from agents.accounts import Role
from metrics.definitions import QueueCounts
from metrics.intervals import Book
from tests.unit.cti_http.site import REPAIR, ZHANG, SmallSite


async def test_the_last_audit_is_shown_once_there_is_one(site: SmallSite) -> None:
    assert await site.get("/api/audit", Role.TEAM_LEADER) == (200, {"audit": None})
    site.audits.done = {"found": {"live": 0}, "differences": []}
    assert (await site.get("/api/audit", Role.ADMINISTRATOR))[1]["audit"]["found"] == {"live": 0}
    assert (await site.get("/api/audit", ZHANG))[0] == 403


async def test_a_quarter_in_memory_is_given_out_whole(site: SmallSite) -> None:
    book = Book(queues={REPAIR: QueueCounts(offered=3, offers={"accepted": 2})})
    site.audits.books[1_994_201] = book
    _, shown = await site.get("/api/audit/live/1994201", Role.ADMINISTRATOR)
    assert msgspec.convert(shown["book"], Book) == book
    assert await site.get("/api/audit/live/1994200", Role.ADMINISTRATOR) == (200, {"book": None})
    assert (await site.get("/api/audit/live/now", Role.ADMINISTRATOR))[0] == 404
    assert (await site.get("/api/audit/live/1994201", ZHANG))[0] == 403
