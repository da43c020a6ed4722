"""What `./hotline why` prints."""

from engine.why.command import text_of
from metrics.definitions import Band
from metrics.why import Answer, Cause, Explanation, Kind, Names, Side, answer

CAUSES = (
    Cause(kind=Kind.CALLS, now=840.0, usual=600.0, effect=0.3, would_be=0.91),
    Cause(kind=Kind.OVERFLOWS, now=25.0),
)


def low(figure: str = "service_level", causes: tuple[Cause, ...] = CAUSES, days: int = 4) -> Answer:
    usual = 0.84 if days else None
    found = Explanation(
        figure=figure, value=0.61, band=Band(low=0.8), side=Side.LOW, usual=usual, days=days, causes=causes
    )
    return answer(found, Names(), None, 0.0, 900.0)


def good(value: float | None = 0.05) -> Answer:
    found = Explanation(
        figure="abandon_rate", value=value, band=Band(high=0.05), side=None, usual=None, days=0, causes=()
    )
    return answer(found, Names(), None, 0.0, 900.0)


def test_each_cause_stands_over_the_numbers_behind_it() -> None:
    assert text_of([low(), good()], "2026-11-24 site", "en", all_of_them=False) == (
        "2026-11-24 site\n"
        "\n"
        "Service level 61 %, target at least 80 %, usually 84 %.\n"
        "  1. 840 calls, 40 % more than usual (600); as usual about 91 %.\n"
        "     calls 840, usually 600, accounts for 30 %\n"
        "  2. 25 callers were sent on by a rule; this may be part of it.\n"
        "     overflows 25"
    )
    assert text_of([low(days=0)], "2026-11-24 全部", "zh", all_of_them=False) == (
        "2026-11-24 全部\n"
        "\n"
        "服务水平 61%，目标不低于 80%。\n"
        "  1. 来电 840 通，比平日 600 通多 40%；如平日则约 91%。\n"
        "     calls 840，平日 600，影响 30%\n"
        "  2. 25 名来电者按规则溢出，可能有关。\n"
        "     overflows 25\n"
        "  没有可比的往日数据，只看本时段。"
    )


def test_without_causes_that_is_said_and_what_is_in_its_band_only_when_asked_for() -> None:
    said = text_of([low(causes=())], "today", "en", all_of_them=False)
    assert said.endswith("\n  Nothing was found that is worse than usual: the 4 comparable days came to 84 %.")
    assert text_of([good()], "today", "en", all_of_them=True) == "today\n\nAbandon rate 5 %, target at most 5 %."


def test_when_all_is_well_that_is_said_in_a_line() -> None:
    assert text_of([good(), good(None)], "today", "en", all_of_them=False) == "today: all 1 figures are in their bands."
    assert text_of([good()], "今天", "zh", all_of_them=False) == "今天：1 个指标都在目标内。"
