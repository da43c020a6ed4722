"""Where the boxes of a drawn flow stand: layer below layer, with as few crossings as a few sweeps give. Pure.

After Sugiyama, Tagawa and Toda (1981): ways that lead back are turned round, each node stands below all that lead to it, long
ways are cut into points on the layers between, the order within a layer follows the neighbours' places, and so do the places.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

__all__ = ["Layout", "Point", "lay_out"]

SWEEPS = 8
Point = tuple[float, float]


class Layout(msgspec.Struct, frozen=True):
    """Middles of boxes, and the points each way passes, from box to box."""

    boxes: Mapping[str, Point]
    ways: Mapping[tuple[str, str], Sequence[Point]]
    width: float
    height: float


def lay_out(
    nodes: Sequence[str], edges: Iterable[tuple[str, str]], *, box: Point, gap: Point, thin: float = 14.0
) -> Layout:
    """Places for the nodes, the first one on top. `box` is a box's width and height, `gap` what lies between two, `thin` the
    room a passing way takes."""
    forward, turned = _without_circles(nodes, [edge for edge in edges if edge[0] != edge[1]])
    rank = _ranks(nodes, forward)
    layers, chains = _with_points(nodes, forward, rank)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    _order(layers, links)
    width = {item: box[0] if item in rank else thin for layer in layers for item in layer}
    x = _places(layers, links, width, gap[0])
    left = min(x[item] - width[item] / 2 for layer in layers for item in layer)
    where = {
        item: (x[item] - left, (level + 0.5) * box[1] + level * gap[1])
        for level, layer in enumerate(layers)
        for item in layer
    }
    ways = {}
    for edge, chain in chains.items():
        points = [where[item] for item in chain]
        if edge in turned:
            ways[edge[1], edge[0]] = points[::-1]
        if edge not in turned or turned[edge]:
            ways[edge] = points
    right = max(where[item][0] + width[item] / 2 for item in where)
    return Layout({node: where[node] for node in nodes}, ways, right, len(layers) * (box[1] + gap[1]) - gap[1])


def _without_circles(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]]
) -> tuple[list[tuple[str, str]], dict[tuple[str, str], bool]]:
    """The ways with those that lead back turned round, and which those are; True: there is one that leads forward as well."""
    onward: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        onward[source].append(target)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for first in nodes:
        _look(first, onward, done, [], back)
    forward = dict.fromkeys(edge for edge in edges if edge not in back)
    turned = {(target, source): (target, source) in forward for source, target in back}
    return list({**forward, **dict.fromkeys(turned)}), turned


def _look(
    first: str, onward: Mapping[str, list[str]], done: set[str], on_way: list[str], back: set[tuple[str, str]]
) -> None:
    """Depth first; a way to a node we came through leads back."""
    if first in done:
        return
    on_way.append(first)
    for target in onward.get(first, ()):
        if target in on_way:
            back.add((first, target))
        else:
            _look(target, onward, done, on_way, back)
    on_way.pop()
    done.add(first)


def _ranks(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Each node's layer: below all that lead to it."""
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for source, target in edges:
            rank[target] = max(rank[target], rank[source] + 1)
    return rank


def _with_points(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], rank: Mapping[str, int]
) -> tuple[list[list[str]], dict[tuple[str, str], list[str]]]:
    """The layers, with a point on each layer a way passes, and each way as what it passes."""
    layers: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for node in nodes:
        layers[rank[node]].append(node)
    chains = {}
    for source, target in edges:
        points = [f"{source} {target} {level}" for level in range(rank[source] + 1, rank[target])]
        for level, point in enumerate(points, rank[source] + 1):
            layers[level].append(point)
        chains[source, target] = [source, *points, target]
    return layers, chains


def _neighbours(links: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _order(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    above, below = _neighbours(links)
    for sweep in range(SWEEPS):
        near, walk = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        place = {item: index / max(len(layer), 1) for layer in layers for index, item in enumerate(layer)}
        for layer in walk:
            mean = {item: _mean([place[one] for one in near.get(item, ())], place[item]) for item in layer}
            layer.sort(key=mean.__getitem__)
            place |= {item: index / len(layer) for index, item in enumerate(layer)}


def _places(
    layers: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], width: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Each item as near below and above its neighbours as the order allows."""
    above, below = _neighbours(links)
    x: dict[str, float] = {}
    for layer in layers:
        _set_apart(layer, dict.fromkeys(layer, 0.0), width, gap, x)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = {
                item: _mean([x[one] for one in (*above.get(item, ()), *below.get(item, ()))], x[item]) for item in layer
            }
            _set_apart(layer, wanted, width, gap, x)
    return x


def _set_apart(
    layer: Sequence[str], wanted: Mapping[str, float], width: Mapping[str, float], gap: float, x: dict[str, float]
) -> None:
    """Pushed to the right as far as needed, then all back by half of what that was on average."""
    at = float("-inf")
    for item in layer:
        x[item] = max(wanted[item], at + width[item] / 2)
        at = x[item] + width[item] / 2 + gap
    shift = _mean([x[item] - wanted[item] for item in layer], 0.0)
    for item in layer:
        x[item] -= shift


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
