"""Recordings of real talks: what is on which side, what the ledger says, who may have them."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
import soundfile

from tests.telephony.hearing import RATE_HZ, Sound, longest_silence_s, tone_share
from tests.telephony.site import FIRST_KEY_S, Customer, SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 440, 880
TALK_S = 3.0
CONSULTATION = "2"
COMPLAINT, REFUSE = "3", "9"


def queues(data: Any) -> None:
    data["queues"]["consultation"]["record"] = False
    data["queues"]["complaint"].update(recording_notice=["please_wait"], recording_refusal=REFUSE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("recordings"), queues=queues) as site:
        yield site


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk that is over, as the telephone network saw it, and its row in the ledger."""

    customer: Customer
    talked_s: float
    row: dict[str, Any]
    path: Path

    def sides(self) -> tuple[Sound, Sound]:
        """Left and right."""
        sound, rate = soundfile.read(self.path, dtype="float64")
        assert (rate, sound.shape[1]) == (RATE_HZ, 2)
        return np.asarray(sound[:, 0]), np.asarray(sound[:, 1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(site: SiteUnderTest) -> Talk:
    """Agent 1001 and a caller have talked; he hung up."""
    return await talk_with(site, "1001")


async def talk_with(site: SiteUnderTest, agent: str, talk_s: float = TALK_S) -> Talk:
    phone = site.network.phone(agent)
    await phone.answers(after_s=0.3, talk_s=talk_s, tone_hz=AGENT_HZ)
    await site.on_duty(agent)
    customer = await site.queued(tone_hz=CALLER_HZ)
    ring = await phone.next_ring()
    await ring.wait_ended()
    row = await site.recording(customer.id)
    await site.until_agent(agent, "ready", phone="idle")
    await site.agent(agent, "logout")
    path = site.supervisor.site.recordings / str(row["path"])
    return Talk(customer, (ring.ended_at or 0.0) - (ring.answered_at or 0.0), row, path)


async def fetch(site: SiteUnderTest, path: str, token: str) -> tuple[int, bytes, str]:
    """Status, body and content type of what the API answers to whoever has this token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(f"http://{site.supervisor.site.endpoints.http}", headers=headers) as session,
        session.get(path) as answer,
    ):
        return answer.status, await answer.read(), answer.headers.get("Content-Type", "")


async def test_caller_is_on_the_left_and_agent_on_the_right_and_nothing_has_crossed(talk: Talk) -> None:
    left, right = talk.sides()
    shares = {
        (side, hz): tone_share(sound, hz) for side, sound in (("left", left), ("right", right)) for hz in (440, 880)
    }
    print(shares)
    assert shares["left", CALLER_HZ] > 0.95
    assert shares["right", AGENT_HZ] > 0.95
    assert shares["left", AGENT_HZ] < 0.001
    assert shares["right", CALLER_HZ] < 0.001


async def test_recording_goes_from_the_answer_to_the_hang_up_without_a_gap(talk: Talk) -> None:
    left, right = talk.sides()
    recorded_s = len(left) / RATE_HZ
    print(f"talked {talk.talked_s:.3f} s, recorded {recorded_s:.3f} s")
    assert recorded_s == pytest.approx(talk.talked_s, abs=0.15)
    assert longest_silence_s(left) < 0.2
    assert longest_silence_s(right) < 0.2


async def test_ledger_says_what_is_on_the_disk(talk: Talk) -> None:
    row, content = talk.row, talk.path.read_bytes()
    assert (row["state"], row["call"], row["linkedid"]) == ("ready", talk.customer.id, talk.customer.id)
    assert (row["queue"], row["agent"]) == ("repair", "1001")
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert row["size"] == len(content)
    assert row["duration_s"] == pytest.approx(soundfile.info(talk.path).duration)
    assert row["ended_at"] - row["started_at"] == pytest.approx(talk.talked_s, abs=0.1)


async def test_what_asterisk_wrote_is_gone_when_the_recording_is_made(site: SiteUnderTest, talk: Talk) -> None:
    assert list((site.supervisor.site.recordings / "legs").iterdir()) == []


async def test_agent_has_his_own_recordings_and_nobody_elses(site: SiteUnderTest, talk: Talk) -> None:
    audio = f"/api/recordings/{talk.row['offer']}/audio"
    status, sound, kind = await fetch(site, audio, site.agent_token("1001"))
    assert (status, kind) == (200, "audio/wav")
    assert hashlib.sha256(sound).hexdigest() == talk.row["sha256"]
    assert (await fetch(site, audio, site.agent_token("1002")))[0] == 403
    assert (await fetch(site, audio, "nobody's token at all"))[0] == 401
    status, listed, _ = await fetch(site, "/api/recordings", site.agent_token("1002"))
    assert (status, listed) == (200, b'{"recordings":[]}')


async def test_queue_that_is_not_recorded_leaves_neither_row_nor_file(site: SiteUnderTest) -> None:
    phone = site.network.phone("1002")
    await phone.answers(after_s=0.1, talk_s=0.5)
    await site.on_duty("1002")
    customer = await site.queued(key=CONSULTATION)
    assert (await site.ended(customer.id))["disposition"] == "served"
    await site.agent("1002", "logout")
    assert (await site.get(f"/api/recordings?call={customer.id}")) == {"recordings": []}
    assert not list(site.supervisor.site.recordings.rglob(f"*{customer.id}*"))


@pytest.mark.parametrize(("key", "state"), [(REFUSE, "refused"), ("", "ready")])
async def test_who_refuses_the_recording_is_served_without_one(site: SiteUnderTest, key: str, state: str) -> None:
    phone = site.network.phone("1004")
    await phone.answers(after_s=0.3, talk_s=1.0)
    await site.on_duty("1004")
    digits = [(FIRST_KEY_S, COMPLAINT), *([(1.0, key)] if key else [])]
    async with site.feed("1004") as feed:
        customer = await site.queued(digits=digits)
        assert (await site.ended(customer.id))["disposition"] == "served"
        assert next(pop["pop"]["unrecorded"] for pop in feed.pops(call=customer.id)) is (key == REFUSE)
    await site.until_agent("1004", "ready", phone="idle")
    await site.agent("1004", "logout")
    row = await site.recording(customer.id)
    assert row["state"] == state
    files = list(site.supervisor.site.recordings.rglob(f"*{customer.id}*"))
    assert bool(files) is (state == "ready")


async def test_file_that_is_gone_or_damaged_shows_as_such_and_is_not_handed_out(site: SiteUnderTest) -> None:
    talk = await talk_with(site, "1003", talk_s=0.5)
    audio, token = f"/api/recordings/{talk.row['offer']}/audio", site.agent_token("1003")
    content = talk.path.read_bytes()
    talk.path.write_bytes(content[:-100])
    assert (await site.recording(talk.customer.id))["state"] == "damaged"
    talk.path.write_bytes(b"")
    assert (await site.recording(talk.customer.id))["state"] == "empty"
    talk.path.unlink()
    assert (await site.recording(talk.customer.id))["state"] == "missing"
    status, body, _ = await fetch(site, audio, token)
    assert status == 404
    assert b"missing" in body
    talk.path.write_bytes(content)
    assert (await site.recording(talk.customer.id))["state"] == "ready"
    assert (await fetch(site, audio, token))[0] == 200
