import stat
from itertools import cycle
from pathlib import Path

import msgspec
import pytest

from agents.accounts import Accounts, BadTokenFile, Identity, Role
from agents.roster import AgentId, AgentSettings

ZHANG = AgentSettings(id=AgentId("1001"), name="张伟")
WANG = AgentSettings(id=AgentId("1002"), name="王芳")
LONG = "x" * 24


def test_the_first_start_makes_a_private_file_with_a_token_for_everybody(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "tokens.json"
    accounts = Accounts.open(file, [ZHANG, WANG])
    tokens = [accounts.token_of(ZHANG.id), accounts.token_of(WANG.id)]
    tokens += [accounts.token_for(Role.TEAM_LEADER), accounts.token_for(Role.ADMINISTRATOR)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({token for token in tokens if token and len(token) >= 40}) == 4


def test_no_token_begins_like_an_option_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = (f"{front}{number:039}" for number, front in enumerate(cycle(["-", "-", "x", "_"])))
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: next(drawn))
    accounts = Accounts.open(tmp_path / "tokens.json", [ZHANG, WANG])
    fronts = [(accounts.token_of(agent) or "")[:1] for agent in (ZHANG.id, WANG.id)]
    assert sorted(fronts) == ["_", "x"]


def test_a_token_says_who_asks_and_anything_else_says_nobody(tmp_path: Path) -> None:
    accounts = Accounts.open(tmp_path / "tokens.json", [ZHANG])
    token = accounts.token_of(ZHANG.id) or ""
    assert accounts.identify(token) == Identity(role=Role.AGENT, name="张伟", agent=ZHANG.id)
    assert [accounts.identify(other) for other in ("", token[:-1], token + "x", "\ud800")] == [None] * 4


def test_tokens_outlive_a_restart_and_new_agents_get_theirs(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    before = Accounts.open(file, [ZHANG]).token_of(ZHANG.id)
    after = Accounts.open(file, [ZHANG, WANG])
    assert after.token_of(ZHANG.id) == before
    assert after.identify(after.token_of(WANG.id) or "") is not None


def test_an_agent_taken_out_of_the_roster_is_let_in_no_more(tmp_path: Path) -> None:
    accounts = Accounts.open(tmp_path / "tokens.json", [ZHANG, WANG])
    token = accounts.token_of(WANG.id) or ""
    accounts.follow([ZHANG])
    assert accounts.identify(token) is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "mend it"),
        (b'{"agents": {}, "stuff": []}', "stuff"),
        (b'{"agents": {"1001": "short"}}', "fewer than 20"),
        (msgspec.json.encode({"agents": {"1001": LONG, "1002": LONG}}), "same token"),
        (msgspec.json.encode({"staff": [{"name": "x", "role": "agent", "token": LONG}]}), "under agents"),
        (msgspec.json.encode({"staff": [{"name": "x", "role": "boss", "token": LONG}]}), "boss"),
        (b"\xff\xfe", "mend it"),
    ],
)
def test_a_token_file_that_is_not_good_is_named_and_left_alone(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(BadTokenFile, match=complaint) as refused:
        Accounts.open(file, [ZHANG])
    assert str(file) in str(refused.value)
    assert file.read_bytes() == content


def test_a_token_file_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    Accounts.open(file, [ZHANG])
    file.chmod(0o640)
    with pytest.raises(BadTokenFile, match="chmod 600"):
        Accounts.open(file, [ZHANG])
