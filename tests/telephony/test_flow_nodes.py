"""Callers in every kind of node, by real keys: typed right, wrong, early, not at all, and hung up on.

All callers ring at once, each with a script of his own, and each test looks at what became of one of them.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from engine.asterisk.ports import free_port
from engine.network.calls import inband
from tests.telephony.phones import no_channel_is_left
from tests.telephony.site import Customer, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

CARD = "4539578763621486"
WRONG_CARD = "4539578763621487"
OUTSIDE, ENGAGED = "02164000000", "02164000001"
SAY = "ready"  # a short prompt in place of long ones
LONG = "closed"


def hang_up(reason: str) -> dict[str, Any]:
    return {"type": "hang_up", "reason": reason}


def flow(crm: str) -> Any:
    """A menu whose keys lead to one kind of node each."""

    def change(data: Any) -> None:
        data.update(start="menu", goodbye=[], wrong_key=[], no_key=[], wrong_digits=[], back_key="9")
        keys = {
            "1": "card",
            "2": "which",
            "3": "find",
            "4": "say",
            "5": "outside",
            "6": "twice",
            "7": "he",
            "8": "call_me",
            "*": "slow",
            "#": "farewell",
        }
        data["lookups"] = {
            "crm": {
                "url": f"{crm}/callers/{{number}}",
                "timeout": "1s",
                "fields": {"customer": "id", "level": "level", "pin": "pin"},
                "masked": ["pin"],
            },
            "dead": {"url": f"{crm}/hangs", "timeout": "1s", "fields": {"customer": "id", "level": "level"}},
        }
        data["flows"] = {
            "ask": {
                "start": "key",
                "nodes": {
                    "key": {"type": "menu", "prompts": SAY, "keys": {"1": "done", "5": "engaged"}, "timeout": "2s"},
                    "done": {"type": "return"},
                },
            }
        }
        ways = {"next": "right", "failed": "wrong", "nothing": "silent"}
        data["nodes"] = {
            "menu": {"type": "menu", "prompts": SAY, "keys": keys, "timeout": "2s", "attempts": 3, "failed": "wrong"},
            "card": {"type": "collect", "as": "card", "masked": True, "check": "luhn", "digits": 16, "prompts": SAY}
            | {"first": "2s", "between": "2s", "attempts": 2, **ways},
            "which": {"type": "language", "prompts": SAY, "keys": {"1": "zh", "2": "en"}, "next": "hear"},
            "hear": {"type": "announce", "prompts": LONG, "barge_in": False, "next": "right"},
            "find": {"type": "lookup", "lookup": "crm", "next": "judge", "failed": "wrong"},
            "judge": {
                "type": "condition",
                "when": [{"attributes": {"level": "gold"}, "next": "mark"}],
                "otherwise": "dead",
            },
            "mark": {"type": "set", "attributes": {"product": "printer"}, "next": "dead"},
            "dead": {"type": "lookup", "lookup": "dead", "next": "wrong", "failed": "late"},
            "late": {
                "type": "menu",
                "prompts": SAY,
                "keys": {"5": "right"},
                "timeout": "1s",
                "attempts": 1,
                "failed": "wrong",
            },
            "say": {"type": "message", "prompts": [], "review": SAY, "kept": [], "gone": [], "too_short": []}
            | {
                "shortest": "1s",
                "silence": "3s",
                "timeout": "3s",
                "queue": "repair",
                "next": "right",
                "deleted": "wrong",
            },
            "outside": {"type": "transfer", "number": OUTSIDE, "failed": "wrong"},
            "engaged": {"type": "transfer", "number": ENGAGED, "busy": "right", "failed": "wrong"},
            "twice": {"type": "flow", "flow": "ask", "next": "again"},
            "again": {"type": "flow", "flow": "ask", "next": "right"},
            "he": {"type": "identify", "lookup": "crm", "known": "right", "unknown": "wrong"},
            "slow": {"type": "identify", "lookup": "dead", "known": "right", "unknown": "wrong"},
            "farewell": {"type": "hang_up", "prompts": LONG},
            "call_me": {
                "type": "callback",
                "queue": "repair",
                "prompts": SAY,
                "choices": SAY,
                "ask_number": SAY,
                "saved": SAY,
            }
            | {"timeout": "3s", "cancelled": "wrong"},
            "to_operator": {"type": "enqueue", "queue": "repair", "prompts": LONG},
            "right": hang_up("right"),
            "wrong": hang_up("wrong"),
            "silent": hang_up("silent"),
        }

    return change


def keys(*steps: tuple[float, str], **more: Any) -> dict[str, Any]:
    return {"digits": list(steps), "hang_up_after_s": 40.0, **more}


CARD_TYPED = keys((0.4, "1"), (0.8, CARD))
CALLERS: dict[str, dict[str, Any]] = {
    "card": CARD_TYPED,
    "card by info": {**CARD_TYPED, "carrier": "carrier-info"},
    "card by tones": {
        "script": ("wait:0.4", *inband("1"), "wait:0.8", *inband(WRONG_CARD), "wait:1", *inband(CARD), "wait:20"),
        "carrier": "carrier-inband",
    },
    "card wrong": keys((0.4, "1"), (0.8, WRONG_CARD), (0.8, WRONG_CARD)),
    "card silent": keys((0.4, "1")),
    "card early": keys((0.3, "1" + CARD)),
    "english": keys((0.4, "2"), (0.8, "2"), listen=True),
    "lookup": keys((0.4, "3"), (0.4, "5")),
    "message": {
        "script": ("wait:0.4", "key:4", "wait:0.5", "tone:440", "wait:3", "key:#", "wait:1", "key:3", "wait:20")
    },
    "message left": {"script": ("wait:0.4", "key:4", "wait:0.5", "tone:440", "wait:3")},
    "message deleted": {
        "script": ("wait:0.4", "key:4", "wait:0.5", "tone:440", "wait:3", "key:#", "wait:1", "key:4", "wait:20")
    },
    "transfer": keys((0.4, "5")),
    "transfer busy": keys((0.4, "6"), (0.8, "5")),
    "sub-flow": keys((0.4, "6"), (0.8, "1"), (0.8, "1")),
    "back": keys((0.4, "6"), (0.8, "9"), (0.8, "6"), (0.8, "1"), (0.8, "1")),
    "identified": keys((0.4, "7")),
    "callback": keys((0.4, "8"), (1.5, "1")),
    "callback elsewhere": keys((0.4, "8"), (1.5, "2"), (1.2, "02188886666#"), (1.5, "1")),
    "200 keys": keys((0.2, "38*5" * 50), hang_up_after_s=70.0),
    "gone at once": keys((0.4, "1"), hang_up_after_s=0.9),
    "gone in the lookup": keys((0.4, "3"), hang_up_after_s=1.2),
}


GONE_AT: dict[str, tuple[str, float, dict[str, Any]]] = {
    "menu": ("menu", 0.0, keys()),
    "menu, asked again": ("menu", 3.0, keys()),
    "collect": ("card", 0.0, keys((0.4, "1"))),
    "collect, some typed": ("card", 1.2, keys((0.4, "1"), (0.8, "45395"))),
    "language": ("which", 0.3, keys((0.4, "2"))),
    "announce": ("hear", 0.5, keys((0.4, "2"), (0.8, "1"))),
    "lookup": ("dead", 0.3, keys((0.4, "3"))),
    "identify": ("slow", 0.3, keys((0.4, "*"))),
    "message, before the tone": ("say", 0.0, keys((0.4, "4"))),
    "message, too short": ("say", 0.8, keys((0.4, "4"))),
    "transfer, ringing": ("outside", 0.2, keys((0.4, "5"))),
    "transfer, talking": ("outside", 1.5, keys((0.4, "5"))),
    "sub-flow": ("ask.key", 0.3, keys((0.4, "6"))),
    "callback": ("call_me", 0.0, keys((0.4, "8"))),
    "callback, a number half typed": ("call_me", 3.0, keys((0.4, "8"), (1.2, "2"), (0.8, "0218"))),
    "enqueue": ("to_operator", 0.5, keys((0.4, "0"))),
    "hang_up": ("farewell", 0.5, keys((0.4, "#"))),
}
"""By kind of node, where the caller hangs up and how long after he came there. Hours, condition, set, flow and return are
passed in a moment: nobody can hang up there."""


class Crm:
    """Knows everybody; one of its pages never answers."""

    async def serve(self, request: web.Request) -> web.Response:
        if "hangs" in request.path:
            await asyncio.Event().wait()
        return web.json_response({"id": "C-7", "level": "gold", "pin": "4711"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", Crm().serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    port = free_port(udp=True)

    def system(data: Any) -> None:
        data["trunks"][0]["dial"] = f"127.0.0.1:{port}"

    async with running_site(tmp_path_factory.mktemp("nodes"), flow=flow(url), system=system) as site:
        await site.network.outside(OUTSIDE).answers(after_s=0.5, talk_s=2.0)
        await site.network.outside(ENGAGED).refuses(17)
        yield site
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customers(site: SiteUnderTest) -> dict[str, Customer]:
    """All of them on the line, a few at a time."""
    found = {}
    for name, settings in CALLERS.items():
        found[name] = await site.dial(key="", **settings)
    return found


@pytest.fixture
def over(site: SiteUnderTest, customers: dict[str, Customer]) -> Any:
    """What is kept of this caller's call."""

    async def wait(name: str, timeout_s: float = 30.0) -> dict[str, Any]:
        return await site.ended(customers[name].id, timeout_s)

    return wait


@pytest.mark.parametrize("name", ["card", "card by info", "card by tones", "card early"])
async def test_card_number_is_typed_and_nobody_else_learns_it(site: SiteUnderTest, over: Any, name: str) -> None:
    call = await over(name)
    assert call["path"] == ["menu", "card:1", "right:****************"]  # of tones: 33 keys, each heard once
    journal = b"".join(file.read_bytes() for file in (site.home / "journal").rglob("*") if file.is_file())
    assert CARD not in site.log
    assert CARD.encode() not in journal


async def test_wrong_card_number_twice_goes_the_way_of_those_who_fail(over: Any) -> None:
    assert (await over("card wrong"))["path"] == ["menu", "card:1", "wrong"]


async def test_caller_who_types_nothing_goes_his_own_way(over: Any) -> None:
    assert (await over("card silent"))["path"] == ["menu", "card:1", "silent"]


async def test_language_is_kept_with_the_call_and_heard(over: Any) -> None:
    call = await over("english")
    assert (call["path"], call["attributes"]["language"]) == (["menu", "which:2", "hear:2", "right"], "en")


async def test_lookup_tells_attributes_and_takes_keys_while_it_runs(site: SiteUnderTest, over: Any) -> None:
    call = await over("lookup")
    assert call["path"] == ["menu", "find:3", "judge", "mark", "dead", "late", "right:5"]
    assert (call["attributes"]["level"], call["attributes"]["product"]) == ("gold", "printer")
    assert (call["customer"], "pin" in call["attributes"]) == ("C-7", False)


async def test_message_is_recorded_and_kept(site: SiteUnderTest, over: Any) -> None:
    assert (await over("message"))["path"] == ["menu", "say:4", "right"]
    await _spoken(site, over, "message")


async def test_caller_who_hangs_up_while_he_speaks_has_left_his_message(site: SiteUnderTest, over: Any) -> None:
    await _spoken(site, over, "message left")


async def _spoken(site: SiteUnderTest, over: Any, name: str) -> None:
    call = (await over(name))["call"]
    files = [file for file in (site.home / "recordings" / "messages").glob("*.wav") if file.name.startswith(f"{call}-")]
    assert len(files) == 1
    assert 2.0 < (files[0].stat().st_size - 44) / 16_000 < 4.5


async def test_message_that_is_deleted_is_gone(site: SiteUnderTest, over: Any) -> None:
    call = await over("message deleted")
    assert call["path"] == ["menu", "say:4", "wrong"]
    assert not list((site.home / "recordings" / "messages").glob(f"{call['call']}-*"))


async def test_transfer_is_answered_and_the_call_is_over_after_that_talk(site: SiteUnderTest, over: Any) -> None:
    call = await over("transfer")
    assert (call["path"], call["disposition"]) == (["menu", "outside:5"], "completed_ivr")
    assert (call["why"], call["transferred_to"]) == ("transferred", "021****0000")
    assert len(site.network.outside(OUTSIDE).rings) == 1


async def test_transfer_to_a_busy_number_goes_on(over: Any) -> None:
    assert (await over("transfer busy"))["path"] == ["menu", "twice:6", "ask.key", "engaged:5", "right"]


async def test_sub_flow_is_gone_through_twice(over: Any) -> None:
    path = ["menu", "twice:6", "ask.key", "ask.done:1", "again", "ask.key", "ask.done:1", "right"]
    assert (await over("sub-flow"))["path"] == path


async def test_back_leads_out_of_the_sub_flow_to_the_menu_before(over: Any) -> None:
    assert (await over("back"))["path"][:5] == ["menu", "twice:6", "ask.key", "menu:9", "twice:6"]


async def test_customer_is_identified(over: Any) -> None:
    call = await over("identified")
    assert (call["path"], call["customer"]) == (["menu", "he:7", "right"], "C-7")


@pytest.mark.parametrize("name", ["callback", "callback elsewhere"])
async def test_callback_is_asked_for(over: Any, name: str) -> None:
    call = await over(name)
    assert (call["path"], call["disposition"]) == (["menu", "call_me:8"], "completed_ivr")


async def test_200_keys_come_to_an_end(over: Any) -> None:
    assert (await over("200 keys", 90.0))["ended_at"] is not None


@pytest.mark.parametrize("name", ["gone at once", "gone in the lookup"])
async def test_caller_who_hangs_up_is_an_abandoned_one(over: Any, name: str) -> None:
    assert (await over(name))["disposition"] == "abandoned_ivr"


async def test_caller_who_hangs_up_at_any_kind_of_node_leaves_nothing_behind(
    site: SiteUnderTest, customers: dict[str, Customer]
) -> None:
    """All of them at the same time."""

    async def gone(node: str, after_s: float, settings: dict[str, Any]) -> dict[str, Any]:
        customer = await site.dial(key="", **settings)

        async def there() -> bool:
            path = (await site.until_call(customer.number))["path"]
            return bool(path) and path[-1].partition(":")[0] == node

        await until(there, every_s=0.02)
        await asyncio.sleep(after_s)
        await customer.leg.hang_up()
        return await site.ended(customer.id)

    ended = await asyncio.gather(*(gone(*place) for place in GONE_AT.values()))
    for kind, call in zip(GONE_AT, ended, strict=True):
        how = ("completed_ivr", "transferred") if kind == "transfer, talking" else ("abandoned_ivr", "")
        assert (call["disposition"], call["why"], call["ended_by"], call["left_in"]) == (*how, "caller", "ivr"), kind
        assert call["path"][-1].partition(":")[0] == GONE_AT[kind][0]
        assert not list((site.home / "recordings" / "messages").glob(f"{call['call']}-*")), kind


async def test_no_session_failed(site: SiteUnderTest, over: Any) -> None:
    for name in CALLERS:
        await over(name, 90.0)

    async def nobody() -> bool:
        return not await site.live()

    await until(nobody)
    assert site.supervisor.asterisk is not None
    await no_channel_is_left(site.supervisor.asterisk)
    assert "failed" not in site.log.replace("lookup dead: ", "")
