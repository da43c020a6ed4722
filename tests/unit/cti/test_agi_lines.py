"""AGI text: what Asterisk's own parser makes of our lines, and what we make of its lines however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.agi_lines import MAX_COMMAND_BYTES, AgiReply, ReplyReader, command_line, parse_environment, quoted
from cti.errors import BadEnvironment, BadReply, UnsafeText
from tests.unit.cti.peers import opening

sayable = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=60)


def words_as_res_agi_reads_them(line: str) -> list[str]:
    """A model of res_agi's parse_args: quotes group, a backslash takes the next character as it is."""
    words: list[str] = []
    quotes = escaped = False
    between = True
    for letter in line:
        if letter == '"' and not escaped:
            quotes = not quotes
            if quotes and between:
                words.append("")
                between = False
        elif letter in " \t" and not quotes and not escaped:
            between = True
        elif letter == "\\" and not escaped:
            escaped = True
        else:
            if between:
                words.append("")
                between = False
            words[-1] += letter
            escaped = False
    return words


@given(st.lists(sayable, max_size=8))
def test_every_argument_reaches_asterisk_as_it_was_meant(args: list[str]) -> None:
    line = command_line("EXEC", tuple(args)).decode()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert words_as_res_agi_reads_them(line[:-1]) == ["EXEC", *args]


@pytest.mark.parametrize("evil", ["a\nHANGUP", "a\rb", "a\0b", "\n"])
def test_argument_that_would_make_a_second_line_is_refused(evil: str) -> None:
    with pytest.raises(UnsafeText):
        quoted(evil)
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        command_line("SET VARIABLE", ("NAME", evil))


def test_line_that_asterisk_would_cut_in_two_is_refused() -> None:
    fits = "x" * (MAX_COMMAND_BYTES - len("EXEC "))
    assert len(command_line("EXEC", (fits,))) == MAX_COMMAND_BYTES + 1
    with pytest.raises(UnsafeText, match="2046"):
        command_line("EXEC", (fits + "x",))
    with pytest.raises(UnsafeText, match="arguments"):
        command_line("EXEC", ("x",) * 121)


@pytest.mark.parametrize("name", ["", "stream file", "NOOP\nHANGUP", "SET  MUSIC", 'EXEC "'])
def test_command_name_is_capital_words_only(name: str) -> None:
    with pytest.raises(UnsafeText):
        command_line(name, ())


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", AgiReply(200, "0")),
        ("200 result=-1 endpos=800", AgiReply(200, "-1", None, 800, "endpos=800")),
        ("200 result=1 (a) b (c)", AgiReply(200, "1", "a) b (c", None, "(a) b (c)")),
        ("200 result=1 (x) endpos=5)", AgiReply(200, "1", "x) endpos=5", None, "(x) endpos=5)")),
        ("200 result=49 (dtmf) endpos=7", AgiReply(200, "49", "dtmf", 7, "(dtmf) endpos=7")),
        ("200 result= (timeout)", AgiReply(200, "", "timeout", None, "(timeout)")),
        ("503 result=-2 No such app", AgiReply(503, "-2", None, None, "No such app")),
        ("510 Invalid or unknown command", AgiReply(510, "", None, None, "Invalid or unknown command")),
        (
            "520 Invalid command syntax.  Proper usage not available.",
            AgiReply(520, "", None, None, "Invalid command syntax.  Proper usage not available."),
        ),
    ],
)
def test_reply_of_one_line(line: str, reply: AgiReply) -> None:
    assert ReplyReader().feed(line) == reply


def test_trying_is_no_reply_yet() -> None:
    reader = ReplyReader()
    assert reader.feed("100 result=0 Trying...") is None
    assert reader.feed("200 result=0") == AgiReply(200, "0")


@pytest.mark.parametrize("line", ["hello", "", "20 result=0", "200", "HANGUP!", "agi_channel: x", "999 what"])
def test_line_that_is_no_reply_is_not_guessed_at(line: str) -> None:
    with pytest.raises(BadReply):
        ReplyReader().feed(line)


def test_value_without_an_end_is_bounded() -> None:
    reader = ReplyReader()
    assert reader.feed("200 result=1 (x") is None
    for _ in range(65):
        assert reader.feed("y" * 1000) is None
    with pytest.raises(BadReply, match="longer"):
        reader.feed("y" * 1000)


def test_environment_gives_route_arguments_and_caller() -> None:
    environment, odd = parse_environment(opening().decode().rstrip("\n").split("\n"))
    assert odd == 0
    assert environment.channel == "PJSIP/trunk-00000001"
    assert environment.uniqueid == "1763798400.1"
    assert (environment.callerid, environment.name, environment.rdnis) == ("13800138000", "王小明", "")
    assert (environment.path, environment.query) == ("/menu", {"lang": "zh", "did": "4008001234"})
    assert environment.args == ("first", "")


@pytest.mark.parametrize("absent", ["request", "channel", "uniqueid", "callerid", "dnid", "extension", "threadid"])
def test_environment_without_a_field_it_always_has_is_refused(absent: str) -> None:
    with pytest.raises(BadEnvironment, match=f"agi_{absent}"):
        parse_environment(opening(**{absent: None}).decode().rstrip("\n").split("\n"))


@pytest.mark.parametrize(
    "forged", ["agi_uniqueid: 1.1", "agi_extension: 900", "agi_arg_1: admin", "agi_channel: PJSIP/agent-1-00000001"]
)
def test_field_that_comes_twice_is_a_forgery(forged: str) -> None:
    lines = opening(callerid=f"100\n{forged}").decode().rstrip("\n").split("\n")
    with pytest.raises(BadEnvironment, match="twice"):
        parse_environment(lines)


def test_line_that_is_no_field_is_counted_and_not_used() -> None:
    lines = opening(callerid="100\nEvent: Hangup").decode().rstrip("\n").split("\n")
    environment, odd = parse_environment(lines)
    assert (environment.callerid, odd) == ("100", 1)


@pytest.mark.parametrize("changed", [{"arg_4": "x"}, {"request": "agi://[broken"}])
def test_environment_that_makes_no_sense_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(BadEnvironment):
        parse_environment(opening(**changed).decode().rstrip("\n").split("\n"))
