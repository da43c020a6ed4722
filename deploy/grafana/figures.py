"""What a figure of metrics.definitions is on a dashboard: its unit, its colours by its band, and its PromQL.

Three stretches of time: the last half hour, from recorded figures; a moving stretch or a whole range, from what is recorded
once an hour; or at once from the counters.
"""

from typing import Final

from deploy.grafana.panels import Steps
from deploy.grafana.words import Words
from metrics.definitions import FIGURES, Band, Unit

__all__ = ["PLAIN", "UP", "at_most", "counted", "half_hour", "meaning", "name", "over_hours", "steps", "unit"]

_UNITS: Final = {Unit.RATIO: "percentunit", Unit.SECONDS: "s"}

_HALF_HOUR: Final = {
    "service_level": "callcenter_service_level:ratio30m",
    "asa": "callcenter_asa_seconds:mean30m",
    "abandon_rate": "callcenter_abandoned:ratio30m",
    "answered_share": "callcenter_answered:ratio30m",
    "queued_share": "callcenter_queued:ratio30m",
    "talk_time": "callcenter_talk_seconds:mean30m",
    "after_call_work": "callcenter_acw_seconds:mean30m",
    "occupancy": "callcenter_occupancy:ratio30m",
}
"""By figure, its name among the recorded ones (deploy/prometheus/rules/figures.yml), after the level."""

_HOURS: Final = {
    "service_level": (("answered_within_sl",), ("offered",), ()),
    "asa": (("answered_wait_seconds",), ("answered",), ()),
    "abandon_rate": (("abandoned",), ("offered",), ("short_abandoned",)),
    "answered_share": (("answered",), ("offered",), ()),
    "talk_time": (("talk_seconds",), ("talks",), ()),
    "after_call_work": (("wrap_up_seconds",), ("wrap_ups",), ()),
}
"""By figure: what is divided, by what, less what (deploy/prometheus/rules/hours.yml)."""

PLAIN: Final[Steps] = [(None, "blue")]
UP: Final[Steps] = [(None, "red"), (1, "green")]


def name(figure: str) -> Words:
    """As its definition calls it."""
    names = FIGURES[figure].names
    return Words(names["zh"], names["en"])


def meaning(figure: str) -> Words:
    """Its formula."""
    return Words(FIGURES[figure].formula_zh, FIGURES[figure].formula)


def unit(figure: str) -> str:
    """Grafana's name of it."""
    return _UNITS.get(FIGURES[figure].unit, "short")


def steps(figure: str) -> Steps:
    """Green within the band. Below its low end orange, and red from an eighth below; above its high end orange, and red
    from twice of it."""
    band = FIGURES[figure].band or Band()
    low, high = band.low, band.high
    colours: list[tuple[float | None, str]] = [(None, "green")]
    if low is not None:
        colours = [(None, "red"), (low * 7 / 8, "orange"), (low, "green")]
    if high is not None:
        colours += [(high, "orange"), (2 * high, "red")]
    return colours


def at_most(warn: float, bad: float) -> Steps:
    """Less is better: orange from `warn` on, red from `bad` on."""
    return [(None, "green"), (warn, "orange"), (bad, "red")]


def half_hour(figure: str, level: str, labels: str) -> str:
    """The figure of the last half hour of each series of the level ("site" or "queue")."""
    return f"{level}:{_HALF_HOUR[figure]}{labels}"


def over_hours(figure: str, level: str, labels: str, stretch: str, by: str = "") -> str:
    """The figure over a stretch of whole hours, such as "24h" or "$__range"; `by` a label, or of all together."""
    parts, wholes, less = (
        [counted(count, level, labels, stretch, by) for count in counts] for counts in _HOURS[figure]
    )
    return f"{' + '.join(parts)} / ({' - '.join([*wholes, *less])} > 0)"


def counted(count: str, level: str, labels: str, stretch: str, by: str = "") -> str:
    """What was counted over a stretch of whole hours."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (sum_over_time({level}:callcenter_{count}:increase1h{labels}[{stretch}]))"
