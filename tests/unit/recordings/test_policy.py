"""What recordings are called, and that no id can name a file outside its folder."""

from datetime import timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from acd.model import OfferId
from recordings.policy import (
    UnsafeName,
    call_of,
    leg_names,
    offer_of_leg,
    recording_path,
)

OFFER = OfferId("demo-1763800000.12-1")


def test_files_are_named_by_the_offer_and_lie_under_the_day_of_the_call() -> None:
    assert leg_names(OFFER) == ("demo-1763800000.12-1-caller.wav", "demo-1763800000.12-1-agent.wav")
    assert recording_path(OFFER) == "2025/11/22/demo-1763800000.12-1.wav"
    assert call_of(OFFER) == "demo-1763800000.12"


def test_the_day_is_the_one_the_site_has() -> None:
    late = OfferId("demo-1763830800.1-1")  # 17:00 UTC on the 22nd
    assert recording_path(late, timezone(timedelta(hours=8))).startswith("2025/11/23/")


def test_an_offer_without_a_time_in_its_id_still_has_a_place() -> None:
    assert recording_path(OfferId("call-a-1")) == "undated/call-a-1.wav"


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "", ".hidden", "a..b", "a.", "a b", "a\n", "电话", "a" * 152, "${X}"]
)
def test_an_id_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnsafeName, match="cannot name a file"):
        leg_names(OfferId(name))
    with pytest.raises(UnsafeName, match="cannot name a file"):
        recording_path(OfferId(name))
    assert offer_of_leg(f"{name}-caller.wav") is None


@example("0.")
@given(st.text())
def test_any_text_is_refused_or_names_a_file_that_leads_back_to_it(text: str) -> None:
    try:
        names = leg_names(OfferId(text))
    except UnsafeName:
        return
    assert {offer_of_leg(name) for name in names} == {text}
    assert all("/" not in name for name in names)
    assert ".." not in recording_path(OfferId(text))


@pytest.mark.parametrize("name", ["demo-1.1-1.wav", "damaged", "-caller.wav", "x-caller.wav.part", "x-agent.mp3"])
def test_other_files_in_the_folder_are_nobodys_legs(name: str) -> None:
    assert offer_of_leg(name) is None
