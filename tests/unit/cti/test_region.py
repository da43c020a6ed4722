"""Where numbers are from, by the libraries' real data."""

import asyncio
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.numbers import normal_number
from cti.region import LINES, Atlas, Regions, load_atlas


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return load_atlas()


@pytest.mark.parametrize(
    ("number", "line", "region", "carrier"),
    [
        ("13812348000", "mobile", "江苏 连云港", "移动"),
        ("17012345678", "mobile", "浙江 杭州", "电信"),
        ("19912345678", "mobile", "河北 唐山", "电信"),
        ("19212345678", "mobile", "重庆", "广电"),
        ("075512345678", "landline", "广东 深圳", None),
        ("01012345678", "landline", "北京", None),
        ("09718123456", "landline", "青海 西宁", None),
        ("073188123456", "landline", "湖南 长沙", None),
        ("02888123456", "landline", "四川 成都", None),
        ("4008869119", "service", None, None),
        ("8008201234", "service", None, None),
        ("95588", "service", None, None),
        ("12345", "service", None, None),
    ],
)
def test_number_tells_its_line_and_place(
    atlas: Atlas, number: str, line: str, region: str | None, carrier: str | None
) -> None:
    known = atlas.of(number)
    assert (known["line"], known.get("region"), known.get("carrier")) == (line, region, carrier)


def test_province_and_city_stand_apart_too(atlas: Atlas) -> None:
    known = atlas.of("057188123456")
    assert (known["province"], known["city"], known["region"]) == ("浙江", "杭州", "浙江 杭州")
    assert atlas.of("02188123456")["city"] == "上海", "a city that is a province is both"


@pytest.mark.parametrize("typed", ["+8613812348000", "008613812348000", "013812348000", "8613812348000"])
def test_every_way_of_writing_a_mobile_has_its_place(atlas: Atlas, typed: str) -> None:
    assert atlas.of(normal_number(typed))["region"] == "江苏 连云港"


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "+",
        "00",
        "0" * 20,
        "1" * 500,
        "１３８１２３４８０００",
        "138123\x008000",
        "'; DROP TABLE calls",
        "+14155552671",
        "1010",
    ],
)
def test_number_that_is_none_is_an_unknown_line_and_nothing_more(atlas: Atlas, hostile: str) -> None:
    assert atlas.of(hostile) == {"line": "unknown"}


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\+?[0-9]{1,22}", fullmatch=True)))
def test_nothing_a_caller_may_send_as_his_number_raises(atlas: Atlas, number: str) -> None:
    known = atlas.of(number)
    assert known["line"] in LINES
    assert all(isinstance(value, str) and value for value in known.values())


async def test_before_the_data_are_there_nothing_is_known_and_nobody_waits() -> None:
    regions = Regions()
    assert regions.of("13812348000") == {}
    await asyncio.wait_for(regions.load(), 30)
    assert regions.of("13812348000")["province"] == "江苏"
    assert regions.of("") == {}


def test_data_take_a_few_megabytes_and_not_a_hundred() -> None:
    load_atlas()  # what the libraries keep for themselves
    tracemalloc.start()
    kept = load_atlas()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.of("01088886666")["region"] == "北京"
    assert size < 12_000_000
