"""What is up and what is not, component by component: the board behind `/healthz`."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

__all__ = ["Component", "ComponentState", "Health", "HealthBoard", "serving"]


class ComponentState(StrEnum):
    """How a component is. OFF: not configured, and not missed."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the whole. `vital`: without it no call can be served. `detail` is public: no secrets, no numbers."""

    name: str
    state: ComponentState
    since: float
    detail: str = ""
    vital: bool = False


class Health(Protocol):
    """Knows how the components are. Does not block."""

    def components(self) -> Sequence[Component]: ...

    def warnings(self) -> Sequence[str]:
        """What will go wrong if nobody sees to it, a line each; all is well as yet. Public, as a component's `detail`."""
        ...


def serving(components: Sequence[Component]) -> bool:
    """Whether calls can be served: nothing vital is down."""
    return not any(part.vital and part.state is ComponentState.DOWN for part in components)


class HealthBoard:
    """Remembers since when each component has been as it is. Components are down until they report."""

    def __init__(self, clock: Callable[[], float], vital: Sequence[str], others: Sequence[str] = ()) -> None:
        self._clock = clock
        now = clock()
        self._components = {
            name: Component(name=name, state=ComponentState.DOWN, since=now, detail="starting", vital=name in vital)
            for name in (*vital, *others)
        }
        self._warnings: tuple[str, ...] = ()

    def report(self, name: str, state: ComponentState, detail: str = "") -> None:
        """Say how a component is; the time counts from the change of state."""
        before = self._components[name]
        since = before.since if before.state is state else self._clock()
        self._components[name] = msgspec.structs.replace(before, state=state, since=since, detail=detail)

    def components(self) -> Sequence[Component]:
        """All of them, in the order they were named."""
        return tuple(self._components.values())

    def warn(self, *lines: str) -> None:
        """These are the warnings from now on."""
        self._warnings = lines

    def warnings(self) -> Sequence[str]:
        """Those last given."""
        return self._warnings
