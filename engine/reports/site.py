"""What a report needs of the configuration."""

from zoneinfo import ZoneInfo

from engine.config import Configuration
from engine.reports.making import Surroundings

__all__ = ["surroundings"]


def surroundings(configuration: Configuration) -> Surroundings:
    """As it is in force."""
    reasons = configuration.agents.not_ready_reasons
    return Surroundings(
        rules=configuration.rules,
        zone=ZoneInfo(configuration.system.timezone),
        shifts=configuration.metrics.shifts,
        bands=configuration.metrics.bands_in_force(),
        reasons={name: {"zh": said.zh, "en": said.en or said.zh} for name, said in reasons.items()},
    )
