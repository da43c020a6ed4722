"""Asterisk's diary as it is found: whole, torn at either end, with lines of others in it, or not at all."""

from pathlib import Path

import pytest

from cti.cel import TAIL_BYTES, ChannelPast, begins_at, read_past, read_stretch

CALLER = (
    '"ANSWER","1795338018.766082","PJSIP/trunk-00000000","hotline-1795338018.0","hotline-1795338018.0","",'
    '"13800138000/4008869119"\n'
)
AGENT = '"ANSWER","1795338020.5","PJSIP/agent-1001-00000001","hotline-1795338018.1","hotline-1795338018.0","",""\n'
AGENT_GONE = (
    '"HANGUP","1795338035.289220","PJSIP/agent-1001-00000001","hotline-1795338018.1","hotline-1795338018.0",'
    '"{""hangupcause"":16,""hangupsource"":""PJSIP/trunk-00000000"",""dialstatus"":""""}",""\n'
)
CALLER_GONE = (
    '"HANGUP","1795338035.289732","PJSIP/trunk-00000000","hotline-1795338018.0","hotline-1795338018.0",'
    '"{""hangupcause"":16,""hangupsource"":""PJSIP/trunk-00000000"",""dialstatus"":""ANSWER""}",'
    '"13800138000/4008869119"\n'
)
THE_CALLER = ChannelPast(
    channel="PJSIP/trunk-00000000",
    unique_id="hotline-1795338018.0",
    linked_id="hotline-1795338018.0",
    answered_at=1795338018.766082,
    hung_up_at=1795338035.289732,
    hung_up_by="PJSIP/trunk-00000000",
    number="13800138000",
    did="4008869119",
)
THE_AGENT = ChannelPast(
    channel="PJSIP/agent-1001-00000001",
    unique_id="hotline-1795338018.1",
    linked_id="hotline-1795338018.0",
    answered_at=1795338020.5,
    hung_up_at=1795338035.28922,
    hung_up_by="PJSIP/trunk-00000000",
)
LATEST = 1795338035.289732


def past(folder: Path, text: str | bytes, since: float = 0.0) -> dict[str, ChannelPast]:
    file = folder / "hotline.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_past(file, since)


def test_call_is_read_with_both_its_legs(tmp_path: Path) -> None:
    found = past(tmp_path, CALLER + AGENT + AGENT_GONE + CALLER_GONE)
    assert found == {THE_CALLER.unique_id: THE_CALLER, THE_AGENT.unique_id: THE_AGENT}


def test_no_diary_tells_nothing(tmp_path: Path) -> None:
    assert read_past(tmp_path / "not there.csv", 0.0) == {}
    assert past(tmp_path, "") == {}


def test_only_what_happened_since_then_is_read(tmp_path: Path) -> None:
    found = past(tmp_path, CALLER + AGENT + AGENT_GONE + CALLER_GONE, since=1795338030.0)
    assert [(one.answered_at, one.hung_up_at) for one in found.values()] == [(None, 1795338035.28922), (None, LATEST)]
    assert past(tmp_path, CALLER + CALLER_GONE, since=LATEST + 0.001) == {}
    assert len(past(tmp_path, CALLER + CALLER_GONE, since=LATEST)) == 1


@pytest.mark.parametrize("cut", range(1, len(CALLER_GONE)))
def test_line_that_is_still_being_written_harms_no_other(tmp_path: Path, cut: int) -> None:
    found = past(tmp_path, CALLER + AGENT + AGENT_GONE + CALLER_GONE[:cut])
    assert found[THE_AGENT.unique_id] == THE_AGENT
    assert found[THE_CALLER.unique_id].hung_up_at in (None, LATEST)


@pytest.mark.parametrize("cut", range(1, len(CALLER)))
def test_tail_that_begins_in_the_middle_of_a_line_harms_no_other(tmp_path: Path, cut: int) -> None:
    found = past(tmp_path, CALLER[cut:] + AGENT + AGENT_GONE)
    assert found == {THE_AGENT.unique_id: THE_AGENT}


@pytest.mark.parametrize("cut", range(1, len(CALLER)))
def test_line_that_was_never_finished_harms_those_after_it_not_at_all(tmp_path: Path, cut: int) -> None:
    """Asterisk was killed while it wrote, and went on in the same line when it was back."""
    found = past(tmp_path, CALLER[:cut] + AGENT + AGENT_GONE)
    assert found[THE_AGENT.unique_id].hung_up_at == THE_AGENT.hung_up_at


@pytest.mark.parametrize(
    "line",
    [
        "",
        ",,,,,,",
        '"CHAN_START","1795338018.7","PJSIP/x-00000000","x","x","",""',
        '"HANGUP","soon","PJSIP/x-00000000","x","x","",""',
        '"HANGUP","","PJSIP/x-00000000","x","x","",""',
        '"HANGUP","1795338018.7","PJSIP/x-00000000","x"',
        "HANGUP;1795338018.7;PJSIP/x-00000000;x;x",
        "\x00\x00\x00\x00",
        "carriage\rreturn",
        "x" * 200_000,
        "# written by somebody else",
    ],
)
def test_lines_of_others_are_passed_over(tmp_path: Path, line: str) -> None:
    assert past(tmp_path, f"{CALLER}{line}\n{CALLER_GONE}") == {THE_CALLER.unique_id: THE_CALLER}


@pytest.mark.parametrize("moment", ["nan", "inf", "-inf", "1e999"])
def test_time_that_is_none_is_passed_over(tmp_path: Path, moment: str) -> None:
    assert past(tmp_path, f'"HANGUP","{moment}","PJSIP/x-00000000","x","x","",""\n') == {}


def test_bytes_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    assert past(tmp_path, b"\xff\xfe\x80\n" + CALLER.encode() + CALLER_GONE.encode()) == {
        THE_CALLER.unique_id: THE_CALLER
    }


@pytest.mark.parametrize("extra", ["", "no JSON", "[]", "7", '"{""hangupsource"":5}"', '"{}"'])
def test_hang_up_nobody_is_named_for_is_a_hang_up(tmp_path: Path, extra: str) -> None:
    (found,) = past(tmp_path, f'"HANGUP","1795338035.5","PJSIP/x-00000000","x","x",{extra},""\n').values()
    assert (found.hung_up_at, found.hung_up_by) == (1795338035.5, "")


def test_diary_from_before_callers_were_named_in_it_is_read(tmp_path: Path) -> None:
    (found,) = past(tmp_path, '"ANSWER","1795338018.5","PJSIP/trunk-00000000","x","x",""\n').values()
    assert (found.answered_at, found.number, found.did) == (1795338018.5, "", "")


def test_of_a_diary_of_months_only_the_end_is_read(tmp_path: Path) -> None:
    old = CALLER.replace("hotline-1795338018.0", "old")
    text = old + AGENT * (TAIL_BYTES // len(AGENT) + 1) + CALLER
    assert len(text) > TAIL_BYTES
    assert set(past(tmp_path, text)) == {THE_AGENT.unique_id, THE_CALLER.unique_id}


def lines_from(start: int, count: int) -> list[str]:
    """One answer a second."""
    return [f'"ANSWER","{start + n}.250000","PJSIP/trunk-{n:08x}","h-{n}","h-{n}","","139/400"\n' for n in range(count)]


@pytest.mark.parametrize(("since", "until"), [(0, 900), (100, 101), (350, 700), (880, 2000), (-50, 3), (2000, 3000)])
def test_a_stretch_of_time_is_read_from_anywhere_in_the_file(tmp_path: Path, since: int, until: int) -> None:
    file = tmp_path / "hotline.csv"
    file.write_text('"torn\n' + "".join(lines_from(1_800_000_000, 900)) + '"ANSWER","18', "utf-8")
    past = read_stretch(file, 1_800_000_000.0 + since, 1_800_000_000.0 + until)
    assert set(past) == {f"h-{n}" for n in range(900) if since <= n + 0.25 < until}


def test_lines_of_the_same_moment_may_stand_in_any_order(tmp_path: Path) -> None:
    file = tmp_path / "hotline.csv"
    lines = lines_from(1_800_000_000, 300)
    lines[100], lines[104] = lines[104], lines[100]
    file.write_text("".join(lines), "utf-8")
    past = read_stretch(file, 1_800_000_100.0, 1_800_000_105.0)
    assert set(past) == {f"h-{n}" for n in range(100, 105)}


def test_a_diary_begins_with_its_first_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "hotline.csv"
    assert begins_at(file) is None
    assert read_stretch(file, 0.0, 1e12) == {}
    file.write_text("torn off\n" + CALLER, "utf-8")
    assert begins_at(file) == 1795338018.766082
