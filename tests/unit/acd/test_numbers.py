"""The same caller is the same caller over every trunk."""

import pytest

from acd.numbers import normal_number


@pytest.mark.parametrize(
    ("claimed", "normal"),
    [
        ("13800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 10 12345678", "01012345678"),
        ("01012345678", "01012345678"),
        ("8613800138000", "13800138000"),
        ("+864008869119", "4008869119"),
        ("4008869119", "4008869119"),
        ("+441632960123", "+441632960123"),
        ("110", "110"),
        ("", ""),
        ("anonymous", ""),
    ],
)
def test_number_is_brought_into_one_form(claimed: str, normal: str) -> None:
    assert normal_number(claimed) == normal
