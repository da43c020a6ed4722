"""What a report needs of the configuration."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec

from acd.rules import Rules
from engine.config import Configuration
from engine.why.ask import names_of
from ivr.hours import Span
from metrics.definitions import Band

__all__ = ["Surroundings", "surroundings"]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs of the site's configuration."""

    rules: Rules
    zone: ZoneInfo
    bands: Mapping[str, Band] = {}
    shifts: Mapping[str, Span] = {}
    reasons: Mapping[str, Mapping[str, str]] = {}
    """What people call the reasons for not being ready."""
    configuration: Configuration | None = None
    """What figures out of their bands are explained by; None: they are not."""


def surroundings(configuration: Configuration) -> Surroundings:
    """As it is in force."""
    return Surroundings(
        rules=configuration.rules,
        zone=ZoneInfo(configuration.system.timezone),
        bands=configuration.metrics.bands_in_force(),
        shifts=configuration.metrics.shifts,
        configuration=configuration,
        reasons=names_of(configuration).reasons,
    )
