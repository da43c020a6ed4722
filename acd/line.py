"""A queue in the everyday sense: members in the order of a key, all in one line or in lines by group."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import merge
from itertools import islice

import msgspec

__all__ = ["Key", "Line", "Lines"]

Key = tuple[float, ...]
"""Real floats, no integers among them: a snapshot gives floats back, and decisions are compared to the byte."""


class Line(msgspec.Struct):
    """Members by key, lowest first; equal keys by id. A member stands in it once.

    A sorted list with bisection: finding is logarithmic, and moving 5,000 pointers up takes about a microsecond, less than
    any tree of Python objects needs.
    """

    entries: list[tuple[Key, str]] = []
    keys: dict[str, Key] = {}
    """By member, in the order in which they were last put."""

    def put(self, member: str, key: Key) -> None:
        """Let the member stand at this key, wherever he stood before."""
        before = self.keys.pop(member, None)
        self.keys[member] = key
        if before == key:
            return
        if before is not None:
            del self.entries[bisect_left(self.entries, (before, member))]
        insort(self.entries, (key, member))

    def drop(self, member: str) -> None:
        """Take the member out; one who is not there is no error."""
        key = self.keys.pop(member, None)
        if key is not None:
            del self.entries[bisect_left(self.entries, (key, member))]

    def stalest(self, count: int) -> list[str]:
        """The members whose keys are oldest, for keys that age."""
        return list(islice(self.keys, count))

    def ahead_of(self, key: Key) -> int:
        """How many stand before this key."""
        return bisect_left(self.entries, (key, ""))

    def __iter__(self) -> Iterator[tuple[Key, str]]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, member: object) -> bool:
        return member in self.keys


class Lines(msgspec.Struct):
    """One queue's line, kept by groups of members who are alike: as many lines as there are groups, never an empty one."""

    groups: dict[str, Line] = {}
    group_of: dict[str, str] = {}

    def put(self, member: str, group: str, key: Key) -> None:
        """Let the member stand in this group at this key, wherever he stood before."""
        before = self.group_of.get(member)
        if before is not None and before != group:
            self.drop(member)
        line = self.groups.get(group)
        if line is None:
            line = self.groups[group] = Line()
        line.put(member, key)
        self.group_of[member] = group

    def drop(self, member: str) -> None:
        """Take the member out; one who is not there is no error."""
        group = self.group_of.pop(member, None)
        if group is None:
            return
        line = self.groups[group]
        line.drop(member)
        if not line.entries:
            del self.groups[group]

    def key(self, member: str) -> Key:
        """Where the member stands. KeyError when he does not."""
        return self.groups[self.group_of[member]].keys[member]

    def ahead_of(self, key: Key) -> int:
        """How many stand before this key, in all groups."""
        ahead = 0
        for line in self.groups.values():
            ahead += bisect_left(line.entries, (key, ""))
        return ahead

    def __iter__(self) -> Iterator[tuple[Key, str]]:
        lines = list(self.groups.values())
        return iter(lines[0]) if len(lines) == 1 else merge(*lines)

    def __len__(self) -> int:
        return len(self.group_of)

    def __contains__(self, member: object) -> bool:
        return member in self.group_of
