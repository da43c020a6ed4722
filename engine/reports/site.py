"""What a report needs of the configuration."""

from zoneinfo import ZoneInfo

from engine.config import Configuration
from engine.reports.making import Surroundings
from metrics.definitions import bands_in_force

__all__ = ["surroundings"]


def surroundings(configuration: Configuration) -> Surroundings:
    """As it is in force."""
    reasons = configuration.agents.not_ready_reasons
    own = {name: band.band() for name, band in configuration.metrics.bands.items()}
    return Surroundings(
        rules=configuration.rules,
        zone=ZoneInfo(configuration.system.timezone),
        bands=bands_in_force(own),
        reasons={name: {"zh": said.zh, "en": said.en or said.zh} for name, said in reasons.items()},
    )
