"""What may stand in agents.yaml."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from agents.roster import Takes
from engine.config.fields import AtLeastASecond, Duration, FeatureCode, Identifier, Level, Text, Weight, Whole
from engine.config.models import Model, Names

__all__ = ["AgentModel", "AgentsFile", "BreakModel", "FeatureCodesModel", "MembershipModel"]


class MembershipModel(Model):
    """A queue an agent serves, and how, where it is not the usual way."""

    queue: Identifier
    tier: Whole = Field(default=0, ge=0, le=1000)
    after: Duration = 0.0
    share: Weight = 1.0


def _membership(value: Any) -> Any:
    """A queue's name alone: he serves it in the usual way. What is wrong with the name is wrong with the list's item."""
    if isinstance(value, dict):
        return value
    try:
        return MembershipModel.model_construct(queue=_NAME.validate_python(value))
    except ValidationError as error:
        raise ValueError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None


_NAME: TypeAdapter[str] = TypeAdapter(Identifier)


class CapacityModel(Model):
    """How many contacts of each medium an agent has at once. There is one medium yet."""

    voice: Whole = Field(default=1, ge=1, le=1)


class AgentModel(Model):
    name: Annotated[Text, Field(max_length=40)]
    queues: list[Annotated[MembershipModel, BeforeValidator(_membership)]] = Field(default_factory=list)
    groups: list[Identifier] = Field(default_factory=list)
    skills: dict[Identifier, Level] = Field(default_factory=dict)
    takes: Takes = Takes.MOST_URGENT
    capacity: CapacityModel = CapacityModel()


class BreakModel(Model):
    """Who of a group may be on a break, and for how long."""

    at_most: Annotated[Whole, Field(ge=0, le=10_000)] | None = None
    longest: AtLeastASecond | None = None
    reasons: list[Identifier] = Field(default=["break"], min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> "BreakModel":
        if self.at_most is None and self.longest is None:
            raise ValueError("says nothing: name at_most (how many at once) or longest (how long), or both")
        return self


class FeatureCodesModel(Model):
    """What an agent dials on his phone."""

    login: FeatureCode = "*61"
    logout: FeatureCode = "*62"
    ready: FeatureCode = "*63"
    not_ready: FeatureCode = "*64"
    wrap_up_done: FeatureCode = "*65"


def _usual_reasons() -> dict[str, Names]:
    return {
        "break": Names(zh="小休", en="Break"),
        "meal": Names(zh="用餐", en="Meal"),
        "meeting": Names(zh="会议", en="Meeting"),
        "training": Names(zh="培训", en="Training"),
    }


class AgentsFile(Model):
    """agents.yaml"""

    not_ready_reasons: dict[Identifier, Names] = Field(default_factory=_usual_reasons)
    feature_codes: FeatureCodesModel = FeatureCodesModel()
    breaks: dict[Identifier, BreakModel] = Field(default_factory=dict)
    agents: dict[Identifier, AgentModel] = Field(min_length=1)
