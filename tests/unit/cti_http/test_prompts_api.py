"""Prompts over the API: who may listen, the list, the sound."""

import wave
from pathlib import Path

import pytest

from agents.accounts import Role
from ivr.prompts import Prompt, Prompts
from tests.unit.cti_http.site import ZHANG, SmallSite


@pytest.fixture
def spoken(site: SmallSite, tmp_path: Path) -> SmallSite:
    """Two built-in prompts, a piece, and one of ops' own in the place of a built-in one."""
    for name, rate in (("own.wav", 8000), ("own.wav16", 16000)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(bytes(range(250)) * 4 * (rate // 1000))
    built_in = [
        Prompt(id=id_, language=language, text=id_, voice="v", file=f"none/{id_}.wav")
        for id_, language in (("welcome", "zh"), ("welcome", "en"), ("n/35", "zh"))
    ]
    own = [Prompt(id="welcome", language="zh", text="您好", voice="own", file="own.wav")]
    site.prompts = Prompts(built_in, own=own, own_folder=tmp_path)
    return site


async def test_prompts_are_listed_with_their_length_and_where_they_come_from(spoken: SmallSite) -> None:
    status, body = await spoken.get("/api/prompts", Role.ADMINISTRATOR)
    assert status == 200
    assert {"id": "welcome", "language": "zh", "text": "您好", "seconds": 0.5, "source": "own"} in body["prompts"]
    assert [(row["id"], row["language"], row["source"]) for row in body["prompts"]] == [
        ("welcome", "zh", "own"),
        ("welcome", "en", "built_in"),
        ("n/35", "zh", "built_in"),
    ]
    _, body = await spoken.get("/api/prompts?language=zh&source=built_in", Role.TEAM_LEADER)
    assert [row["id"] for row in body["prompts"]] == ["n/35"]


async def test_a_prompt_is_listened_to_whole_or_in_ranges(spoken: SmallSite, tmp_path: Path) -> None:
    sound = (tmp_path / "own.wav16").read_bytes()
    url, headers = f"{spoken.url}/api/prompts/zh/welcome", spoken.bearer(Role.ADMINISTRATOR)
    async with spoken.http.get(url, headers=headers) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "audio/wav")
        assert await response.read() == sound
    async with spoken.http.get(url, headers=headers | {"Range": "bytes=10-19"}) as response:
        assert (response.status, await response.read()) == (206, sound[10:20])


async def test_agents_neither_list_nor_hear_prompts(spoken: SmallSite) -> None:
    assert (await spoken.get("/api/prompts", ZHANG))[0] == 403
    assert (await spoken.get("/api/prompts/zh/welcome", ZHANG))[0] == 403


@pytest.mark.parametrize("path", ["zh/nothing", "fr/welcome", "en/welcome", "zh/n/35", "zh/..%2f..%2fetc"])
async def test_what_is_not_there_is_not_found(path: str, spoken: SmallSite) -> None:
    status, body = await spoken.get(f"/api/prompts/{path}", Role.ADMINISTRATOR)
    assert (status, body["error"]) == (404, "unknown_prompt")
