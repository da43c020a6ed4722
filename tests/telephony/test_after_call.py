"""After the talk: callers are asked about it in two languages, answer, are silent, hang up, say a few words; the agent does not
wait for it. What is left to do is a work item, and a message can be heard.

Short prompts of other meaning stand for the survey's own.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import soundfile

from engine.network import PhoneCall
from engine.site import REPOSITORY
from tests.telephony.hearing import RATE_HZ, Sound, read_sound, times_of, tone_share
from tests.telephony.outages import engine_away, healthy, kill_engine
from tests.telephony.site import Customer, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 440, 880
TALK_S = 2.0
LONG_TALK_S = 5.0
"""Who has been with the engine for less than that is not waited for (extensions.conf)."""
REPAIR, ENQUIRIES, COMPLAINT = "1", "2", "3"
INTRO, SCORE, SOLVED, COMMENT, THANKS = "ready", "wrap_up_done", "logged_in", "not_ready", "logged_out"
ENGLISH = "13612345678"
"""Known to speak English."""
AT_ONCE_S = 0.5
"""From the agent's hang-up to his wrap-up, as his desktop sees it."""


def queues(data: Any) -> None:
    score = {"name": "score", "prompts": SCORE, "scale": {"lowest": 1, "highest": 5}}
    solved = {"name": "solved", "prompts": SOLVED, "keys": {"1": "solved", "2": "not_solved"}}
    asks = {"intro": INTRO, "thanks": THANKS, "timeout": "2s", "attempts": 2}
    data["surveys"] = {
        "keys": {**asks, "questions": [score, solved]},
        "words": {**asks, "questions": [score], "comment": {"prompts": COMMENT, "longest": "10s", "silence": "3s"}},
    }
    data["queues"]["repair"]["survey"] = {"use": "keys", "shortest_talk": "1s", "not_for": {"survey": "never"}}
    data["queues"]["complaint"]["survey"] = "words"
    data["queues"]["repair"]["short_abandon"] = "1s"
    data["callers"] = {
        ENGLISH: {"attributes": {"language": "en"}},
        "13712345678": {"attributes": {"survey": "never"}},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)
        async with running_site(tmp_path_factory.mktemp("after"), queues=queues) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    await healthy(running)
    yield running
    await running.clear()


@dataclass(frozen=True, slots=True)
class Served:
    """A caller who has talked with his agent, who has just hung up."""

    customer: Customer
    ring: PhoneCall


async def served(site: SiteUnderTest, key: str = REPAIR, *, talk_s: float = TALK_S, **more: Any) -> Served:
    agent = "1003" if key == COMPLAINT else "1001"
    phone = site.network.phone(agent)
    await phone.answers(after_s=0.2, talk_s=talk_s, tone_hz=AGENT_HZ)
    if (await site.get(f"/api/agents/{agent}"))["state"] == "offline":
        await site.on_duty(agent)
    more.setdefault("hang_up_after_s", 60.0)
    customer = await site.queued(key=key, listen=True, **more)
    ring = await phone.next_ring()
    await ring.wait_ended()
    return Served(customer, ring)


async def asked(site: SiteUnderTest, call: str) -> None:
    """Return once the first question is being put to him."""

    async def found() -> bool:
        return bool(site.sql("SELECT 1 FROM surveys WHERE call = ?", call))

    await until(found)


async def answer_kept(site: SiteUnderTest, call: str, question: str) -> str:
    """What he has answered, once that is in SQL."""

    async def found() -> str | None:
        rows = site.sql("SELECT answer FROM survey_answers WHERE call = ? AND question = ?", call, question)
        return str(rows[0]["answer"]) if rows else None

    return await until(found)


async def heard_by(customer: Customer) -> Sound:
    """All he heard, when his call is over."""
    await customer.leg.wait_ended(30.0)
    heard = customer.leg.heard
    assert heard is not None

    async def complete() -> bool:
        return len(read_sound(heard)) > 0

    await until(complete)
    return read_sound(heard)


def prompts_in(sound: Sound, language: str, *prompts: str) -> list[list[float]]:
    """When each of the prompts began."""
    folder = REPOSITORY / "ivr" / "prompts" / language
    return [times_of(sound, read_sound(folder / f"{prompt}.wav")[: RATE_HZ // 2]) for prompt in prompts]


async def survey_of(site: SiteUnderTest, customer: Customer) -> dict[str, Any] | None:
    """What the API says of it when the call is over."""
    await customer.leg.wait_ended(30.0)
    shown = (await site.ended(customer.id))["survey"]
    return dict(shown) if shown else None


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "language"), [("", "zh"), (ENGLISH, "en")], ids=["zh", "en"])
async def test_caller_is_asked_in_his_language_and_his_answers_are_tied_to_his_agent(
    site: SiteUnderTest, number: str, language: str
) -> None:
    before = await site.metric("callcenter_queue_survey_points_total", queue="repair")
    caller = (await served(site, number=number)).customer
    await asked(site, caller.id)
    await asyncio.sleep(3.3)  # he hears the intro out, and the question begin
    await caller.leg.press("4")
    assert await answer_kept(site, caller.id, "score") == "4"
    await caller.leg.press("2")
    sound = await heard_by(caller)
    survey = await survey_of(site, caller)
    assert survey is not None
    assert (survey["outcome"], survey["why"], survey["language"]) == ("answered", "asked_all", language)
    assert (survey["agent"], survey["queue"], survey["offer"]) == ("1001", "repair", f"{caller.id}-1")
    assert (survey["answers"], survey["scores"]) == ({"score": "4", "solved": "not_solved"}, {"score": 4})
    (intro,), (score,), solved, (thanks,) = prompts_in(sound, language, INTRO, SCORE, SOLVED, THANKS)
    assert intro < score < thanks
    assert all(score < began < thanks for began in solved)
    other = "en" if language == "zh" else "zh"
    assert prompts_in(sound, other, INTRO, SCORE, THANKS) == [[], [], []]
    assert await site.metric("callcenter_queue_survey_points_total", queue="repair") == before + 4
    call = await site.ended(caller.id)
    assert (call["disposition"], call["ended_by"]) == ("served", "agent")


async def test_agent_waits_for_no_survey(site: SiteUnderTest) -> None:
    """His desktop has the wrap-up at once; after it he is given the next caller, while the first is still being asked."""
    took: dict[str, float] = {}
    await site.on_duty("1001")
    for key in (ENQUIRIES, REPAIR):
        await site.until_agent("1001", "ready", phone="idle")
        async with site.feed("1001") as feed:
            one = await served(site, key)
            ended_at = one.ring.ended_at
            assert ended_at is not None

            async def wrapped_up(feed: Any = feed, ended_at: float = ended_at) -> float | None:
                states = ((at, event["agent"]["state"]) for at, event in feed.events if event["type"] == "agent")
                return next((at - ended_at for at, state in states if state == "wrap_up" and at > ended_at - 1), None)

            took[key] = await until(wrapped_up)
    print(f"from the hang-up to the wrap-up: {took[ENQUIRIES]:.3f} s without a survey, {took[REPAIR]:.3f} s with one")
    assert max(took.values()) < AT_ONCE_S
    await asked(site, one.customer.id)
    next_one = await site.queued(key=ENQUIRIES)
    await site.network.phone("1001").next_ring()
    assert (await site.until_call(one.customer.number))["state"] == "after"
    await next_one.leg.hang_up()


async def test_talk_and_recording_end_with_the_agents_hang_up(site: SiteUnderTest) -> None:
    one = await served(site, hang_up_after_s=30.0)
    talked_s = (one.ring.ended_at or 0.0) - (one.ring.answered_at or 0.0)
    await asked(site, one.customer.id)
    await asyncio.sleep(2.0)
    await one.customer.leg.hang_up()
    await site.ended(one.customer.id)
    (row,) = site.sql("SELECT talk_s FROM offers WHERE call = ?", one.customer.id)
    assert row["talk_s"] == pytest.approx(talked_s, abs=0.5)
    assert (await site.recording(one.customer.id))["duration_s"] == pytest.approx(talked_s, abs=0.5)


# --- no answers ------------------------------------------------------------------------------------------------------


async def test_silent_caller_is_asked_twice_and_let_go(site: SiteUnderTest) -> None:
    caller = (await served(site)).customer
    sound = await heard_by(caller)
    (score, thanks) = prompts_in(sound, "zh", SCORE, THANKS)
    assert (len(score), len(thanks)) == (2, 0)
    survey = await survey_of(site, caller)
    assert survey is not None
    assert (survey["outcome"], survey["why"], survey["answers"]) == ("not_answered", "silence", {})


async def test_caller_who_hangs_up_after_the_first_answer_has_answered_partly(site: SiteUnderTest) -> None:
    caller = (await served(site)).customer
    await asked(site, caller.id)
    await caller.leg.press("1")
    await answer_kept(site, caller.id, "score")
    await caller.leg.hang_up()
    survey = await survey_of(site, caller)
    assert survey is not None
    assert (survey["outcome"], survey["why"], survey["scores"]) == ("partly", "hung_up", {"score": 1})


async def test_caller_who_hangs_up_first_is_not_asked(site: SiteUnderTest) -> None:
    phone = site.network.phone("1001")
    await phone.answers(after_s=0.2, talk_s=20.0)
    await site.on_duty("1001")
    caller = await site.queued(hang_up_after_s=4.0)
    assert await survey_of(site, caller) is None


@pytest.mark.parametrize(
    ("more", "talk_s"), [({"number": "13712345678"}, TALK_S), ({}, 0.3)], ids=["attribute", "short"]
)
async def test_caller_who_is_not_to_be_asked_is_let_go_at_once(
    site: SiteUnderTest, more: dict[str, str], talk_s: float
) -> None:
    one = await served(site, talk_s=talk_s, **more)
    await one.customer.leg.wait_ended()
    assert (one.customer.leg.ended_at or 0.0) - (one.ring.ended_at or 0.0) < 2.0
    assert await survey_of(site, one.customer) is None


async def test_engine_that_dies_meanwhile_goes_on_with_the_next_question_when_it_is_back(site: SiteUnderTest) -> None:
    caller = (await served(site, talk_s=LONG_TALK_S)).customer
    await asked(site, caller.id)
    await caller.leg.press("5")
    await answer_kept(site, caller.id, "score")
    killed_at = time.monotonic()
    await kill_engine(site)

    async def asked_on() -> bool:
        await caller.leg.press("1")
        return bool(site.sql("SELECT 1 FROM survey_answers WHERE call = ? AND question = 'solved'", caller.id))

    await until(asked_on, 15.0, every_s=0.3)
    print(f"his next answer is kept {time.monotonic() - killed_at:.1f} s after the engine was killed")
    survey = await survey_of(site, caller)
    assert survey is not None
    assert (survey["outcome"], survey["answers"]) == ("answered", {"score": "5", "solved": "solved"})
    (intro,) = prompts_in(await heard_by(caller), "zh", INTRO)
    assert len(intro) <= 1
    await healthy(site)


async def test_caller_in_a_survey_is_let_go_when_the_engine_stays_away(site: SiteUnderTest) -> None:
    caller = (await served(site, talk_s=LONG_TALK_S)).customer
    await asked(site, caller.id)
    async with engine_away(site):
        away_at = time.monotonic()
        await caller.leg.wait_ended(20.0)
        print(f"he was let go after {time.monotonic() - away_at:.1f} s")
    survey = await survey_of(site, caller)
    assert survey is not None
    assert (survey["outcome"], survey["why"], survey["answers"]) == ("not_answered", "hung_up", {})


# --- work items ------------------------------------------------------------------------------------------------------


async def sound_of(site: SiteUnderTest, item: str, token: str, **headers: str) -> tuple[int, bytes]:
    """Status and body of what the API answers to whoever has this token."""
    async with (
        aiohttp.ClientSession(f"http://{site.supervisor.site.endpoints.http}") as session,
        session.get(f"/api/items/{item}/audio", headers={"Authorization": f"Bearer {token}", **headers}) as answer,
    ):
        return answer.status, await answer.read()


async def item_of(site: SiteUnderTest, item: str) -> dict[str, Any]:
    """The item, once it is in SQL."""

    async def found() -> dict[str, Any] | None:
        items = (await site.get("/api/items"))["items"]
        return next((dict(one) for one in items if one["item"] == item), None)

    return await until(found)


@pytest.mark.parametrize("ends_with", ["key", "hang-up"])
async def test_spoken_comment_becomes_a_work_item_that_can_be_heard(
    site: SiteUnderTest, ends_with: str, tmp_path: Path
) -> None:
    caller = (await served(site, COMPLAINT, tone_hz=CALLER_HZ)).customer
    await asked(site, caller.id)
    await caller.leg.press("3")
    await answer_kept(site, caller.id, "score")
    await asyncio.sleep(5.0)  # the prompt, the tone, and some seconds of his words
    await (caller.leg.press("#") if ends_with == "key" else caller.leg.hang_up())
    survey = await survey_of(site, caller)
    assert survey is not None
    comment = survey["answers"]["comment"]
    item = await item_of(site, comment)
    assert (item["kind"], item["state"], item["queue"], item["call"]) == (
        *("survey_comment", "open", "complaint"),
        caller.id,
    )
    assert (item["number"], 1.0 < item["seconds"] < 6.0) == (f"{caller.number[:3]}****{caller.number[-4:]}", True)
    token = site.agent_token("1003")
    assert (await sound_of(site, comment, site.agent_token("1001")))[0] == 403  # another queue's
    status, sound = await sound_of(site, comment, token)
    assert status == 200
    (tmp_path / "comment.wav").write_bytes(sound)
    said, rate = soundfile.read(tmp_path / "comment.wav", dtype="float64")
    assert (rate, len(said) / rate) == (RATE_HZ, pytest.approx(item["seconds"], abs=0.3))
    assert tone_share(said[rate // 4 : -rate // 4], CALLER_HZ) > 0.9
    assert await sound_of(site, comment, token, Range="bytes=0-99") == (206, sound[:100])


async def test_caller_who_gave_up_is_on_the_list_until_he_rings_again(site: SiteUnderTest) -> None:
    number = site.new_number()
    gave_up = await site.queued(number)
    await asyncio.sleep(1.5)
    await gave_up.leg.hang_up()
    item = await item_of(site, gave_up.id)
    assert (item["kind"], item["queue"], item["answered_since"]) == ("abandoned", "repair", None)
    again = (await served(site, number=number)).customer
    await again.leg.hang_up()
    await site.ended(again.id)

    async def rang_again() -> bool:
        return (await item_of(site, gave_up.id))["answered_since"] is not None

    await until(rang_again)
