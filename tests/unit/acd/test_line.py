"""The line: order, places, and one place per member."""

from hypothesis import given
from hypothesis import strategies as st

from acd.line import Line


def line(*members: tuple[str, float]) -> Line:
    made = Line()
    for member, key in members:
        made.put(member, (key,))
    return made


def order(line: Line) -> list[str]:
    return [member for _, member in line]


def test_lowest_key_stands_first_and_equal_keys_stand_by_id() -> None:
    assert order(line(("b", 2.0), ("c", 1.0), ("a", 2.0))) == ["c", "a", "b"]


def test_member_who_is_put_again_leaves_his_old_place() -> None:
    assert order(line(("a", 1.0), ("b", 2.0), ("a", 3.0))) == ["b", "a"]


def test_member_who_is_not_there_can_be_dropped() -> None:
    standing = line(("a", 1.0))
    standing.drop("b")
    assert order(standing) == ["a"]
    assert "a" in standing
    assert "b" not in standing


def test_ahead_of_counts_those_with_a_lower_key() -> None:
    standing = line(("a", 1.0), ("b", 2.0), ("c", 3.0))
    assert [standing.ahead_of((key,)) for key in (0.5, 1.0, 2.0, 9.0)] == [0, 0, 1, 3]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef"), st.floats(0, 9))))
def test_line_is_always_what_sorting_everybody_would_give(moves: list[tuple[bool, str, float]]) -> None:
    standing, keys = Line(), dict[str, float]()
    for stays, member, key in moves:
        if stays:
            standing.put(member, (key,))
            keys[member] = key
        else:
            standing.drop(member)
            keys.pop(member, None)
        assert order(standing) == [member for _, member in sorted((key, member) for member, key in keys.items())]
        assert len(standing) == len(keys)
