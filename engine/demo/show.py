"""The demonstration from the first line to the last: start, story, summary, and everything down again."""

import asyncio
import contextlib
import math
import signal
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from engine.asterisk.process import AsteriskDidNotStart, AsteriskNotInstalled
from engine.asterisk.settings import AsteriskSettingsRefused
from engine.demo.acting import Acting
from engine.demo.home import (
    AnotherDemoRuns,
    NotTheExample,
    fresh_home,
    leave_out_surroundings,
    write_demo_configuration,
)
from engine.demo.observer import Observer
from engine.demo.story import CAST, write_story
from engine.demo.summary import Summary, show, summarize
from engine.demo.view import View
from engine.network.management import NetworkActionRefused
from engine.rehearsal import Rehearsal
from engine.wallboard import wallboard_address, wallboard_token
from engine.words import language, say

__all__ = ["run_demo"]

SHORTEST_MIN: Final = 0.1
LONGEST_MIN: Final = 60.0
SEED: Final = 22
LOOK_EVERY_S: Final = 0.25
FINISH_S: Final = 45.0
"""When the time is over, calls that are up may take so long to end; the summary tells how many did not."""
WRONG_USE, FAILED, INTERRUPTED = 2, 1, 130


class DemoFailed(Exception):
    """The demonstration could not go on; the message says why and where to look."""


async def run_demo(minutes: float, plain: bool) -> int:
    """Run it and return the exit code. Lines of text instead of a picture when `plain`, or when nobody looks."""
    if not (math.isfinite(minutes) and SHORTEST_MIN <= minutes <= LONGEST_MIN):
        least, most = f"{SHORTEST_MIN:g}", f"{LONGEST_MIN:g}"
        _complain(
            say(
                f"--minutes：应为 {least} 到 {most} 之间的数。", f"--minutes: expected a number from {least} to {most}."
            )
        )
        return WRONG_USE
    leave_out_surroundings()
    view, enough = View(Console(highlight=False), plain=plain), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, enough.set)
    try:
        with fresh_home() as home:
            return await _perform(home, minutes * 60, view, enough)
    except (
        AnotherDemoRuns,
        NotTheExample,
        AsteriskNotInstalled,
        AsteriskDidNotStart,
        AsteriskSettingsRefused,
        DemoFailed,
    ) as error:
        _complain(str(error))
    except (RuntimeError, OSError) as error:
        _complain(say("演示无法运行：", "The demo cannot run: ") + str(error))
    return FAILED


async def _perform(home: Path, length_s: float, view: View, enough: asyncio.Event) -> int:
    view.say(say(f"准备演示（{home}）……", f"Making the demo ready in {home} ..."))
    site = Rehearsal(home, write_demo_configuration(home, length_s), view.warn)
    try:
        if not await _unless(enough, _start(site, view)):
            return INTERRUPTED
        summary = await _play(site, length_s, view, enough)
        view.say(say("正在停止……", "Stopping ..."))
    finally:
        await site.stop()
    if summary is None:
        raise DemoFailed(
            say("引擎没有应答，无法给出小结。", "The engine does not answer: there are no figures to show.")
        )
    show(summary, view.out)
    return 0


async def _start(site: Rehearsal, view: View) -> None:
    view.say(say("启动 Asterisk 和引擎……", "Starting Asterisk and the engine ..."))
    await site.start_site()
    endpoints = site.supervisor.site.endpoints
    view.say(f"  SIP {endpoints.sip}  HTTP http://{endpoints.http}")
    address = wallboard_address(f"http://{endpoints.http}", wallboard_token(site.home), {"lang": language()})
    view.say(say("  大屏  ", "  Wallboard  ") + address)
    view.say(say("启动电话网络（第二个 Asterisk）……", "Starting the telephone network, a second Asterisk ..."))
    try:
        await site.start_network()
    except TimeoutError:
        log = site.home / "network" / "log" / "messages.log"
        raise DemoFailed(say(f"话机未能注册，见 {log}", f"The phones could not register, see {log}")) from None
    view.say(say(f"  {len(CAST)} 部话机已注册", f"  {len(CAST)} phones are registered"))


async def _play(site: Rehearsal, length_s: float, view: View, enough: asyncio.Event) -> Summary | None:
    observer = Observer(site)
    acting = Acting(site, write_story(length_s, Random(SEED)), observer, SEED)  # noqa: S311 - a show
    await acting.agents_arrive()
    await observer.look()
    loop = asyncio.get_running_loop()
    began = loop.time()
    playing = asyncio.create_task(acting.play(), name="demo story")
    try:
        with view.showing(site, length_s):
            while not enough.is_set() and not _is_over(loop.time() - began, length_s, observer):
                if playing.done():
                    raise DemoFailed(_why_broken(playing.exception()))
                view.show(await observer.look(), observer, loop.time() - began)
                await _pause(enough)
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    return await summarize(site, observer, acting.placed)


def _is_over(passed_s: float, length_s: float, observer: Observer) -> bool:
    return passed_s > length_s and (observer.settled or passed_s > length_s + FINISH_S)


async def _pause(enough: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(enough.wait(), LOOK_EVERY_S)


async def _unless(enough: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, unless that is enough before; then it is broken off, and this is False."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(enough.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return False
    working.result()
    return True


def _why_broken(error: BaseException | None) -> str:
    """The first cause, in a sentence."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None and not isinstance(error, NetworkActionRefused | OSError):
        raise error
    return say(f"电话网络中断：{error}", f"The telephone network broke down: {error}")


def _complain(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))
