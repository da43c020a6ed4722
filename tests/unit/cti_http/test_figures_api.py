"""What figures mean, and numbers told from outside, over HTTP."""

import logging

import pytest

from agents.accounts import Role
from metrics.definitions import FIGURES
from metrics.dimensions import Dimension
from metrics.outside import OUTSIDE
from tests.unit.cti_http.site import ZHANG, SmallSite

COST = {"name": "cost", "from": "2026-11-01", "to": "2026-11-30", "value": 30000}
NOVEMBER = (1793462400.0, 1796054400.0)


async def test_every_figure_is_explained_with_the_band_in_force(site: SmallSite) -> None:
    status, body = await site.get("/api/figures", ZHANG)
    assert status == 200
    told = {figure["id"]: figure for figure in body["figures"]}
    assert list(told) == list(FIGURES)
    assert told["asa"]["band"] == {"low": None, "high": 30.0}, "the site's own"
    assert told["service_level"]["band"] == {"low": 0.8, "high": None}
    assert told["service_level_genesys"]["band"] is None
    assert (told["asa"]["norm"], told["asa"]["unit"], told["asa"]["variant_of"]) == (9, "seconds", None)
    assert set(told["asa"]["formula"]) == set(told["asa"]["names"]) == {"zh", "en"}
    assert [kind["name"] for kind in body["outside"]] == list(OUTSIDE)


async def test_whole_days_are_told_from_the_first_to_the_last(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    assert await site.put("/api/outside", Role.TEAM_LEADER, {"figures": [COST]}) == (200, {"told": 1, "changed": 1})
    (entry,) = site.outside.told
    assert (entry.name, entry.since, entry.until, entry.value) == ("cost", *NOVEMBER, 30000)
    assert entry.source.endswith("[0]")
    assert "figures told" in caplog.text
    status, body = await site.get("/api/outside?name=cost&dimension=site&since=2026-11-30", Role.TEAM_LEADER)
    assert (status, [one["value"] for one in body["figures"]]) == (200, [30000])
    assert (await site.get("/api/outside?since=2026-12-01", Role.TEAM_LEADER))[1] == {"figures": []}


async def test_number_of_a_queue_is_told_up_to_a_moment(site: SmallSite) -> None:
    body = {**COST, "name": "blocked", "dimension": "queue", "key": "sales", "to": "2026-11-01T12:00"}
    assert (await site.put("/api/outside", Role.ADMINISTRATOR, {"figures": [body]}))[0] == 200
    (entry,) = site.outside.told
    assert (entry.dimension, entry.key, entry.until - entry.since) == (Dimension.QUEUE, "sales", 12 * 3600)
    assert (await site.get("/api/outside?key=repair", Role.ADMINISTRATOR))[1] == {"figures": []}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "costs"}, "figures[1]: no figure 'costs' can be told"),
        ({"from": "yesterday"}, "figures[1]: from: expected a date"),
        ({"to": "2026-10-01"}, "figures[1]: it ends before it begins"),
        ({"value": -1}, "figures[1]: expected a number from 0 on"),
        ({"dimension": "queue"}, "figures[1]: a figure of the site has no key"),
        ({"dimension": "team"}, "Invalid enum value 'team'"),
    ],
)
async def test_wrong_number_is_refused_by_its_place_and_nothing_is_taken(
    site: SmallSite, change: dict[str, object], message: str
) -> None:
    status, body = await site.put("/api/outside", Role.ADMINISTRATOR, {"figures": [COST, COST | change]})
    assert (status, body["error"]) == (400, "bad_request")
    assert message in body["message"]
    assert site.outside.told == []


async def test_two_numbers_for_one_moment_are_a_conflict(site: SmallSite) -> None:
    await site.put("/api/outside", Role.ADMINISTRATOR, {"figures": [COST]})
    status, body = await site.put("/api/outside", Role.ADMINISTRATOR, {"figures": [COST | {"from": "2026-11-15"}]})
    assert (status, body["error"]) == (409, "told_twice")


async def test_agents_neither_see_nor_tell_numbers(site: SmallSite) -> None:
    assert (await site.get("/api/outside", ZHANG))[0] == 403
    assert (await site.put("/api/outside", ZHANG, {"figures": [COST]}))[0] == 403
    status, body = await site.get("/api/outside?dimension=team", Role.TEAM_LEADER)
    assert (status, body["error"]) == (400, "bad_request")
