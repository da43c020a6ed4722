from pathlib import Path

import pytest

from agents.accounts import Accounts, Role
from engine.wallboard import print_address


def test_address_has_token_and_wishes_and_the_token_is_sent_to_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = Accounts.open(tmp_path / "secrets/tokens.json", []).token_for(Role.WALLBOARD)
    code = print_address(url="http://10.0.0.5:8080", lang="zh", theme="dark", queues="repair,sales", home=tmp_path)
    assert code == 0
    expected = f"http://10.0.0.5:8080/wallboard?lang=zh&theme=dark&queues=repair,sales#token={token}\n"
    assert capsys.readouterr().out == expected


def test_without_a_site_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_address(url=None, lang=None, theme=None, queues=None, home=tmp_path) == 1
    assert "./hotline up" in capsys.readouterr().err
