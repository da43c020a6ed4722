"""Recordings over the API: whose they are, ranges, files that are not there."""

import logging
from pathlib import Path

import pytest

from acd.model import CallId, OfferId
from agents.accounts import Role
from agents.roster import AgentId
from recordings.ledger import Recording, State
from tests.unit.cti_http.site import NINE, REPAIR, WANG, ZHANG, SmallSite

SOUND = bytes(range(256)) * 40


def recording(offer: str, agent: AgentId | None, path: str | None = "a.wav") -> Recording:
    return Recording(
        offer=OfferId(offer),
        call=CallId("c1"),
        linkedid="c1",
        queue=REPAIR,
        agent=agent,
        started_at=NINE,
        ended_at=NINE + 9,
        state=State.READY,
        path=path,
        duration_s=9.0,
        size=len(SOUND),
        sha256="00",
        note=None,
    )


@pytest.fixture
def archive(site: SmallSite, tmp_path: Path) -> SmallSite:
    (tmp_path / "a.wav").write_bytes(SOUND)
    site.archive.rows = [recording("c1-1", ZHANG), recording("c2-1", WANG), recording("c3-1", None)]
    return site


async def test_an_agent_lists_his_own_recordings_and_an_overseer_all(archive: SmallSite) -> None:
    def offers(body: dict[str, list[dict[str, str]]]) -> list[str]:
        return [row["offer"] for row in body["recordings"]]

    assert offers((await archive.get("/api/recordings", ZHANG))[1]) == ["c1-1"]
    assert offers((await archive.get("/api/recordings?agent=1001", ZHANG))[1]) == ["c1-1"]
    assert (await archive.get("/api/recordings?agent=1002", ZHANG))[0] == 403
    assert offers((await archive.get("/api/recordings", Role.TEAM_LEADER))[1]) == ["c1-1", "c2-1", "c3-1"]
    assert offers((await archive.get("/api/recordings?agent=1002&limit=5", Role.ADMINISTRATOR))[1]) == ["c2-1"]


async def test_the_list_is_asked_for_by_time_in_the_sites_zone_or_in_seconds(archive: SmallSite) -> None:
    await archive.get("/api/recordings?since=2027-01-15T16:00:00&until=1800003600.5&queue=repair", Role.ADMINISTRATOR)
    await archive.get("/api/recordings?since=2027-01-15T08:00:00+00:00", Role.ADMINISTRATOR)
    first, second = archive.archive.asked
    assert (first["since"], first["until"], first["queue"], first["limit"]) == (NINE, NINE + 3600.5, "repair", 100)
    assert second["since"] == NINE
    for bad in ("since=yesterday", "until=nan", "limit=0", "limit=1001", "limit=x", "since=", "since=9999999-01-01"):
        assert (await archive.get(f"/api/recordings?{bad}", Role.ADMINISTRATOR))[0] == 400


async def test_the_sound_comes_whole_or_in_ranges_and_each_hearing_is_written_down(
    archive: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    url, headers = archive.url + "/api/recordings/c1-1/audio", archive.bearer(ZHANG)
    async with archive.http.get(url, headers=headers) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "audio/wav")
        assert response.headers["Content-Disposition"] == 'attachment; filename="recording-c1-1.wav"'
        assert await response.read() == SOUND
    async with archive.http.get(url, headers=headers | {"Range": "bytes=100-199"}) as response:
        assert (response.status, response.headers["Content-Range"]) == (206, f"bytes 100-199/{len(SOUND)}")
        assert await response.read() == SOUND[100:200]
    async with archive.http.get(url, headers=headers | {"Range": f"bytes={len(SOUND)}-"}) as response:
        assert response.status == 416
    assert caplog.text.count("recording heard: role='agent' who='1001'") == 3


async def test_another_agents_recording_is_not_played(archive: SmallSite) -> None:
    for offer in ("c2-1", "c3-1"):
        assert (await archive.get(f"/api/recordings/{offer}/audio", ZHANG))[1]["error"] == "forbidden"
        async with archive.http.get(
            f"{archive.url}/api/recordings/{offer}/audio", headers=archive.bearer(Role.TEAM_LEADER)
        ) as response:
            assert response.status == 200


async def test_a_recording_without_its_file_or_its_row_is_a_404(archive: SmallSite) -> None:
    archive.archive.rows.append(recording("c4-1", ZHANG, path="gone.wav"))
    status, body = await archive.get("/api/recordings/c4-1/audio", ZHANG)
    assert (status, body["error"], body["message_zh"]) == (404, "recording_not_there", "录音文件不存在")
    for key in ("nobody", "..%2F..%2Ftokens.json", "%00"):
        assert (await archive.get(f"/api/recordings/{key}/audio", Role.ADMINISTRATOR))[0] == 404


async def test_an_odd_id_cannot_bend_the_file_name_of_a_download(archive: SmallSite) -> None:
    archive.archive.rows.append(recording('x"; filename=evil.exe\r\nX: y', ZHANG))
    path = "/api/recordings/x%22%3B%20filename%3Devil.exe%0D%0AX%3A%20y/audio"
    async with archive.http.get(archive.url + path, headers=archive.bearer(ZHANG)) as response:
        assert (
            response.headers["Content-Disposition"]
            == 'attachment; filename="recording-x___filename_evil.exe__X__y.wav"'
        )
        assert "X" not in response.headers
