"""What may stand in ivr.yaml, and how it becomes what ivr works with."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from engine.config.fields import AtLeastASecond, Duration, Identifier, WebUrl, Whole
from engine.config.models import Model
from engine.config.node_models import EnqueueModel, Key, NodeModel, Prompts, Resolve, node_of
from ivr.nodes import Flow, Lookup, Node, NodeId

__all__ = ["EnqueueModel", "IvrFile", "all_nodes", "asked_by_menus", "flow_of"]


def _matching(pattern: str, expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


Header = Annotated[str, _matching(r"[A-Za-z][A-Za-z0-9-]{0,63}", "the name of an HTTP header such as Authorization")]
Variable = Annotated[str, _matching(r"[A-Z][A-Z0-9_]{0,63}", "the name of an environment variable such as CRM_TOKEN")]
Place = Annotated[str, _matching(r"[^\s.]{1,64}(\.[^\s.]{1,64}){0,9}", "names joined by dots such as data.level")]


class HttpLookupModel(Model):
    """Another system that is asked over HTTP."""

    url: WebUrl
    method: Literal["GET", "POST"] = "GET"
    body: dict[Identifier, str] = Field(default_factory=dict, max_length=50)
    headers: dict[Header, Variable] = Field(default_factory=dict, max_length=20)
    timeout: AtLeastASecond = Field(default=2.0, le=10)
    cache: Duration = 0.0
    fields: dict[Identifier, Place] = Field(min_length=1, max_length=50)
    masked: tuple[Identifier, ...] = ()

    def lookup(self, name: str) -> Lookup:
        return Lookup(
            name=name,
            url=self.url,
            method=self.method,
            body=dict(self.body),
            headers=dict(self.headers),
            timeout_s=self.timeout,
            cache_s=self.cache,
            fields=dict(self.fields),
            masked=frozenset(self.masked),
        )


class SubFlowModel(Model):
    """Nodes of their own, led into by nodes of type flow."""

    start: Identifier
    nodes: dict[Identifier, NodeModel] = Field(min_length=1)


class IvrFile(Model):
    """ivr.yaml"""

    language: Literal["zh", "en"] = "zh"
    start: Identifier
    operator: Identifier | None = None
    operator_key: Key = "0"
    back_key: Key = ""
    wrong_key: Prompts = ("wrong_key",)
    no_key: Prompts = ("no_key",)
    wrong_digits: Prompts = ("wrong_key",)
    give_up: Prompts = ("sorry",)
    goodbye: Prompts = ("goodbye",)
    error: Prompts = ("error",)
    max_moves: Whole = Field(default=60, ge=1, le=1000)
    attributes: tuple[Identifier, ...] = ()
    """What callers may have from elsewhere (a CRM that tells over the API)."""
    lookups: dict[Identifier, HttpLookupModel] = Field(default_factory=dict)
    flows: dict[Identifier, SubFlowModel] = Field(default_factory=dict)
    nodes: dict[Identifier, NodeModel] = Field(min_length=1)


def flow_of(file: IvrFile) -> Flow:
    """The flow that ivr.yaml describes."""
    return Flow(
        nodes=dict(_nodes(file)),
        start=NodeId(file.start),
        language=file.language,
        operator=NodeId(file.operator) if file.operator else None,
        operator_key=file.operator_key,
        back_key=file.back_key,
        wrong_key=file.wrong_key,
        no_key=file.no_key,
        wrong_digits=file.wrong_digits,
        give_up=file.give_up,
        goodbye=file.goodbye,
        error=file.error,
        max_moves=file.max_moves,
        lookups={name: lookup.lookup(name) for name, lookup in file.lookups.items()},
    )


def _nodes(file: IvrFile) -> Iterator[tuple[NodeId, Node]]:
    starts = {name: NodeId(f"{name}.{flow.start}") for name, flow in file.flows.items()}
    for name, model in file.nodes.items():
        yield NodeId(name), node_of(NodeId(name), model, NodeId, starts)
    for group, flow in file.flows.items():
        resolve = _within(group, flow)
        for name, model in flow.nodes.items():
            yield resolve(name), node_of(resolve(name), model, resolve, starts)


def _within(group: str, flow: SubFlowModel) -> Resolve:
    """In a sub-flow its own nodes go before those of the flow."""

    def resolve(name: str) -> NodeId:
        return NodeId(f"{group}.{name}" if name in flow.nodes else name)

    return resolve


def all_nodes(file: IvrFile) -> Iterator[tuple[tuple[str, ...], NodeModel]]:
    """Every node, with the keys that lead to it."""
    yield from ((("nodes", name), node) for name, node in file.nodes.items())
    for group, flow in file.flows.items():
        yield from ((("flows", group, "nodes", name), node) for name, node in flow.nodes.items())


def asked_by_menus(file: IvrFile) -> dict[str, int]:
    """Skills that menu choices ask for, with the highest level any of them asks for."""
    asked: dict[str, int] = {}
    for _, node in all_nodes(file):
        for skill, level in node.require.items() if isinstance(node, EnqueueModel) else ():
            asked[skill] = max(asked.get(skill, 0), level)
    return asked
