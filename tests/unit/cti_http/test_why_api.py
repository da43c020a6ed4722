"""`/api/why`: who may ask, what for, and the answer in both languages."""

from typing import Any

import pytest

from agents.accounts import Role
from metrics.definitions import Band
from metrics.why import Cause, Explanation, Kind, Names, Side, answer
from tests.unit.cti_http.site import NINE, ZHANG, SmallSite

LEADER = Role.TEAM_LEADER
MIDNIGHT = NINE - NINE % 86400 - 8 * 3600  # Shanghai
FOUND = Explanation(
    figure="service_level",
    value=0.61,
    band=Band(low=0.8),
    side=Side.LOW,
    usual=0.84,
    days=4,
    causes=(Cause(kind=Kind.CALLS, now=840.0, usual=600.0, effect=0.3, would_be=0.91),),
)


async def test_figure_is_told_with_its_causes_in_numbers_and_in_both_languages(site: SmallSite) -> None:
    site.why.found = answer(FOUND, Names(), "repair", MIDNIGHT, NINE)
    status, found = await site.get("/api/why?figure=service_level&queue=repair", LEADER)
    assert status == 200
    assert found == {
        "figure": "service_level",
        "queue": "repair",
        "since": MIDNIGHT,
        "until": NINE,
        "value": 0.61,
        "low": 0.8,
        "high": None,
        "side": "low",
        "usual": 0.84,
        "days": 4,
        "headline": {
            "zh": "服务水平 61%，目标不低于 80%，平日 84%。",
            "en": "Service level 61 %, target at least 80 %, usually 84 %.",
        },
        "sentences": {
            "zh": ["来电 840 通，比平日 600 通多 40%；如平日则约 91%。"],
            "en": ["840 calls, 40 % more than usual (600); as usual about 91 %."],
        },
        "causes": [
            {
                "kind": "calls",
                "now": 840.0,
                "usual": 600.0,
                "effect": 0.3,
                "would_be": 0.91,
                "dimension": None,
                "subject": "",
                "share": None,
                "words": {
                    "zh": "来电 840 通，比平日 600 通多 40%；如平日则约 91%。",
                    "en": "840 calls, 40 % more than usual (600); as usual about 91 %.",
                },
            }
        ],
    }
    assert site.why.asked == [("service_level", "repair", MIDNIGHT, NINE)]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", ("service_level", None, MIDNIGHT, NINE)),
        ("?figure=asa&since=1799990000&until=1799997200", ("asa", None, 1799990000.0, 1799997200.0)),
        (f"?until={NINE + 5000}", ("service_level", None, MIDNIGHT, NINE)),
    ],
)
async def test_left_out_it_is_the_service_level_of_the_site_since_midnight(
    site: SmallSite, query: str, asked: tuple[Any, ...]
) -> None:
    assert (await site.get(f"/api/why{query}", LEADER))[0] == 200
    assert site.why.asked == [asked]


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("figure=servicelevel", 400, "bad_request"),
        ("queue=nowhere", 404, "unknown_queue"),
        ("since=yesterday", 400, "bad_request"),
        (f"since={NINE + 60}", 400, "bad_request"),
        (f"since={NINE - 32 * 86400}", 400, "bad_request"),
    ],
)
async def test_what_cannot_be_asked_is_refused(site: SmallSite, query: str, status: int, error: str) -> None:
    got, found = await site.get(f"/api/why?{query}", LEADER)
    assert (got, found["error"]) == (status, error)
    assert site.why.asked == []


async def test_agents_are_not_told_about_each_other(site: SmallSite) -> None:
    assert (await site.get("/api/why", ZHANG))[0] == 403
    assert (await site.get("/api/why"))[0] == 401


async def test_without_the_database_it_says_so(site: SmallSite) -> None:
    site.why.away = True
    status, found = await site.get("/api/why", LEADER)
    assert (status, found["error"]) == (503, "history_unavailable")
