import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.masking import mask_number, mask_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812348000", "138****8000"),
        ("+8613812348000", "+86138****8000"),
        ("008613812348000", "0086138****8000"),
        ("01062345678", "010****5678"),
        ("62345678", "****5678"),
        ("6234567", "6****67"),
        ("138-1234-8000", "138-****-8000"),
        ("1001", "1001"),
        ("10086", "10086"),
        ("", ""),
        ("anonymous", "a****mous"),
    ],
)
def test_the_middle_of_a_number_is_hidden(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812348000", "138****8000"),
        ("Li 13812348000 (home)", "Li 138****8000 (home)"),
        ("138 1234 8000", "138 **** 8000"),
        ("李先生", "李先生"),
        ("room 12", "room 12"),
    ],
)
def test_numbers_in_a_callers_name_are_hidden_too(text: str, shown: str) -> None:
    assert mask_text(text) == shown


@settings(deadline=None)
@given(st.from_regex(r"\+?[0-9]{7,20}", fullmatch=True))
def test_a_personal_number_never_survives_and_its_last_two_digits_always_do(number: str) -> None:
    shown = mask_number(number)
    assert shown.count("*") == 4
    assert len(shown) == len(number)
    assert shown[-2:] == number[-2:]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_masked_and_keeps_its_length(text: str) -> None:
    assert len(mask_text(text)) == len(mask_number(text)) == len(text)
