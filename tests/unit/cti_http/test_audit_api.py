"""Whether the numbers agree, over HTTP: for those who oversee, and for nobody else."""

from agents.accounts import Role
from metrics.definitions import QueueCounts
from metrics.intervals import Book
from tests.unit.cti_http.site import REPAIR, ZHANG, SmallSite


async def test_the_last_audit_is_shown_once_there_is_one(site: SmallSite) -> None:
    assert (await site.get("/api/audit", Role.INSPECTOR)) == {"audit": None}
    site.audits.done = {"found": {"live": 0}, "differences": []}
    assert (await site.get("/api/audit", Role.ADMINISTRATOR))["audit"]["found"] == {"live": 0}
