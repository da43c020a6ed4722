"""The whole path of a call: greeted, led through the menu, held in music, connected, told good-bye, counted.

All callers ring at once, each with a script of his own, and each test looks at what became of one of them.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import soundfile

from engine.site import REPOSITORY
from tests.telephony.hearing import RATE_HZ, Sound, longest_silence_s, read_sound, times_of, tone_share
from tests.telephony.site import Customer, SiteUnderTest, plain_flow, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 440, 880
TALK_S = 3.0
MENU = "ready"  # what the menu says here: a short prompt for a long one
CUT = (0.5, "5")
"""A key that cuts the welcome short and means nothing in the menu, so it does not count there."""


def flow(data: Any) -> None:
    """The example's flow with a short menu; key 7 leads to a calendar that is never open."""
    plain_flow(data)
    nodes = data["nodes"]
    nodes["menu"].update(prompts=MENU, timeout="1s", attempts=2)
    nodes["menu"]["keys"]["7"] = "night"
    nodes["night"] = {"type": "hours", "calendar": "never", "open": "menu", "closed": "closed"}


def hours(data: Any) -> None:
    data["calendars"]["never"] = {"time_zone": "Asia/Shanghai", "weekly": {}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("path"), flow=flow, hours=hours) as site:
        yield site


# --- the callers -----------------------------------------------------------------------------------------------------

SCRIPTS: dict[str, dict[str, Any]] = {
    "whole": {"digits": [(4.0, "1")], "tone_hz": CALLER_HZ, "hang_up_after_s": 60.0},
    "early": {"digits": [(0.5, "2")], "hang_up_after_s": 4.5},
    "wrong": {"digits": [CUT, (0.6, "5"), (1.5, "2")], "hang_up_after_s": 6.0},
    "repeat": {"digits": [CUT, (1.2, "*"), (1.2, "2")], "hang_up_after_s": 7.0},
    "operator": {"digits": [CUT, (0.5, "0")], "hang_up_after_s": 5.0},
    "silent": {"digits": [CUT], "hang_up_after_s": 15.0},
    "closed": {"digits": [CUT, (0.5, "7")], "hang_up_after_s": 60.0},
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A call that is over: what is kept of it, and what the caller heard from the answer to the end."""

    customer: Customer
    call: dict[str, Any]
    sound: Sound

    def heard(self, prompt: str) -> list[float]:
        """When he heard the beginning of a prompt, in seconds after the answer."""
        return times_of(
            self.sound, read_sound(REPOSITORY / "ivr" / "prompts" / "zh" / f"{prompt}.wav")[: RATE_HZ * 8 // 10]
        )

    def between(self, from_s: float, to_s: float) -> Sound:
        return self.sound[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customers(site: SiteUnderTest) -> dict[str, Customer]:
    """All of them on the line. The whole call gets its agent after a while of music."""
    names = list(SCRIPTS)
    dialled = await asyncio.gather(*(site.dial(key="", listen=True, **SCRIPTS[name]) for name in names))
    customers = dict(zip(names, dialled, strict=True))
    await site.network.phone("1003").answers(after_s=0.5, talk_s=TALK_S, tone_hz=AGENT_HZ)
    await site.until_call(customers["whole"].number, "waiting", timeout_s=15.0)
    await asyncio.sleep(2.0)  # of music
    await site.on_duty("1003")
    return customers


async def visit(site: SiteUnderTest, customers: dict[str, Customer], name: str) -> Visit:
    """That caller's visit, once it is over."""
    customer = customers[name]
    await customer.leg.wait_ended(30.0)
    heard = customer.leg.heard
    assert heard is not None

    async def complete() -> bool:
        return len(read_sound(heard)) > 0

    await until(complete)
    return Visit(customer, await site.ended(customer.id), read_sound(heard))


# --- the whole call --------------------------------------------------------------------------------------------------


async def test_caller_hears_welcome_menu_music_agent_and_good_bye_in_turn(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    whole = await visit(site, customers, "whole")
    (welcome,), (menu,) = whole.heard("welcome"), whole.heard(MENU)
    (please_wait,), (goodbye,) = whole.heard("please_wait"), whole.heard("goodbye")
    print(f"welcome {welcome:.2f}  menu {menu:.2f}  please_wait {please_wait:.2f}  goodbye {goodbye:.2f}")
    assert welcome < 0.5
    assert menu == pytest.approx(welcome + 2.96, abs=0.3)
    assert menu < please_wait < menu + 2.0  # the key cut the menu short
    music_from = please_wait + 2.56 + 0.2
    melody = read_sound(site.supervisor.site.asterisk_folder / "music" / "hold.ulaw")
    assert times_of(melody, whole.between(music_from, music_from + 1.0))
    assert longest_silence_s(whole.between(please_wait, goodbye)) < 0.5


async def test_call_is_kept_with_its_path_agent_and_end(site: SiteUnderTest, customers: dict[str, Customer]) -> None:
    call = (await visit(site, customers, "whole")).call
    assert call["path"] == ["welcome", "hours", "menu", "repair:1"]
    assert (call["disposition"], call["queue"], call["agent"]) == ("served", "repair", "1003")
    assert (call["left_in"], call["ended_by"]) == ("after", "agent")
    (segment,) = site.sql("select * from segments where call = ?", call["call"])
    (offer,) = site.sql("select * from offers where call = ?", call["call"])
    assert segment["wait_s"] == pytest.approx(2.0 + 0.5, abs=0.7)
    assert offer["talk_s"] == pytest.approx(TALK_S, abs=0.3)
    assert offer["made_at"] < offer["rang_at"] < offer["answered_at"] < offer["talk_ended_at"] < call["ended_at"]


async def test_both_have_heard_each_other(site: SiteUnderTest, customers: dict[str, Customer]) -> None:
    """The caller's own ears say what he heard; the recording is made on the agent's leg: its left side is what he was sent."""
    whole = await visit(site, customers, "whole")
    row = await site.recording(whole.customer.id)
    recorded, _ = soundfile.read(site.supervisor.site.recordings / row["path"], dtype="float64")
    (goodbye,) = whole.heard("goodbye")
    heard = whole.between(goodbye - TALK_S + 0.2, goodbye - 0.3)
    assert tone_share(heard, AGENT_HZ) > 0.95
    assert tone_share(recorded[:, 0], CALLER_HZ) > 0.95
    assert tone_share(recorded[:, 1], AGENT_HZ) > 0.95


# --- the menu --------------------------------------------------------------------------------------------------------


async def test_key_pressed_in_the_welcome_already_counts_in_the_menu(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    early = await visit(site, customers, "early")
    assert early.call["path"] == ["welcome", "hours", "menu", "consult:2"]
    assert early.heard(MENU) == []
    assert len(early.heard("please_wait")) == 1


async def test_wrong_key_is_told_and_the_menu_asks_again(site: SiteUnderTest, customers: dict[str, Customer]) -> None:
    wrong = await visit(site, customers, "wrong")
    assert wrong.call["path"] == ["welcome", "hours", "menu", "consult:2"]
    (told,) = wrong.heard("wrong_key")
    assert wrong.heard(MENU)[0] < told < wrong.heard("please_wait")[0]


async def test_repeat_key_says_the_menu_again_and_is_no_mistake(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    repeat = await visit(site, customers, "repeat")
    assert repeat.call["path"] == ["welcome", "hours", "menu", "consult:2"]
    assert len(repeat.heard(MENU)) == 2
    assert repeat.heard("wrong_key") == repeat.heard("no_key") == []


async def test_operator_key_leads_to_a_person_from_the_menu(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    operator = await visit(site, customers, "operator")
    assert operator.call["path"] == ["welcome", "hours", "menu", "to_operator:0"]
    assert (operator.call["queue"], operator.call["disposition"]) == ("consultation", "abandoned_waiting")


async def test_caller_who_presses_nothing_in_the_menu_is_asked_again_and_then_given_to_the_operator(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    silent = await visit(site, customers, "silent")
    assert silent.call["path"] == ["welcome", "hours", "menu", "to_operator"]
    assert silent.call["queue"] == "consultation"
    (told,) = silent.heard("no_key")
    first, second = silent.heard(MENU)
    assert first < told < second < silent.heard("please_wait")[0]


async def test_caller_outside_the_opening_hours_is_told_so_and_hotline_hangs_up(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    closed = await visit(site, customers, "closed")
    assert closed.call["path"] == ["welcome", "hours", "menu", "night:7", "closed"]
    assert (closed.call["disposition"], closed.call["ended_by"]) == ("completed_ivr", "hotline")
    (told,) = closed.heard("closed")
    assert len(closed.sound) / RATE_HZ == pytest.approx(told + 6.82, abs=0.5)  # to the end of the prompt, not longer


# --- what is counted -------------------------------------------------------------------------------------------------


async def test_metrics_agree_with_what_happened(site: SiteUnderTest, customers: dict[str, Customer]) -> None:
    for customer in customers.values():
        await customer.leg.wait_ended(30.0)
        await site.ended(customer.id)
    await site.until_agent("1003", "ready")
    assert await site.metric("callcenter_calls_total") == len(SCRIPTS)
    for disposition, count in {"served": 1, "completed_ivr": 1, "abandoned_waiting": 5}.items():
        assert await site.metric("callcenter_calls_ended_total", disposition=disposition) == count
    assert await site.metric("callcenter_calls_ended_total") == len(SCRIPTS)
    assert await site.metric("callcenter_queue_offered_total", queue="consultation") == 5
    assert await site.metric("callcenter_queue_answered_total", queue="repair") == 1
    given_up = await site.metric("callcenter_queue_abandoned_total", queue="consultation")
    assert given_up + await site.metric("callcenter_queue_short_abandoned_total", queue="consultation") == 5
    assert await site.metric("callcenter_queue_offers_total", queue="repair", outcome="accepted") == 1
    (talk,) = site.sql("select talk_s from offers where talk_s is not null")
    assert await site.metric("callcenter_talk_seconds_sum", queue="repair") == pytest.approx(talk["talk_s"])
    waits = site.sql("select sum(wait_s) total, count(*) count from segments")[0]
    assert await site.metric("callcenter_queue_wait_seconds_sum") == pytest.approx(waits["total"])
    assert await site.metric("callcenter_queue_wait_seconds_count") == waits["count"] == 6
    assert await site.metric("callcenter_ivr_node_entered_total", node="menu") == len(SCRIPTS)
    assert await site.metric("callcenter_queue_waiting_calls") == 0
    assert await site.metric("callcenter_agents", queue="repair", state="ready") == 1
    assert await site.metric("callcenter_agi_sessions") == 0
    assert await site.metric("callcenter_ami_connected") == 1


async def test_queue_figures_of_the_api_agree_with_the_metrics(site: SiteUnderTest) -> None:
    today = (await site.get("/api/queues/repair"))["today"]
    assert (today["offered"], today["answered"], today["abandoned"]) == (1, 1, 0)
    assert today["asa_s"] == pytest.approx(
        await site.metric("callcenter_queue_answered_wait_seconds_total", queue="repair")
    )
    assert today["service_level"] == 1.0
    everything = (await site.get("/api/queues"))["site"]
    assert everything["offered"] == await site.metric("callcenter_site_offered_total") == 6
    assert 0.0 < everything["occupancy"] <= 1.0


async def test_health_says_that_every_part_is_up(site: SiteUnderTest) -> None:
    health = await site.get("/healthz")
    assert health["status"] == "up"
    states = {part["name"]: part["state"] for part in health["components"]}
    assert states.pop("redis") == states.pop("queue_log") == "off"  # not configured
    parts = {"ami", "agi", "journal", "spool", "database", "recordings", "event_loop", "left_while_away", "reports"}
    assert set(states) == parts
    assert set(states.values()) == {"up"}
