"""Plays the demonstration and takes its picture at a good moment: a VIP goes ahead of the others.

    export PYTHONPATH=. HOTLINE_LANG=en
    .venv/bin/python -m tools.pictures.demo docs/pictures/demo.svg
    rsvg-convert --width 1240 docs/pictures/demo.svg --output docs/pictures/demo.png

rsvg-convert comes with Debian's librsvg2-bin.
"""

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from random import Random

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from acd.model import CallState
from engine.demo.acting import Acting
from engine.demo.home import write_demo_configuration
from engine.demo.observer import Observer
from engine.demo.scene import Scene
from engine.demo.screen import picture
from engine.demo.show import LOOK_EVERY_S, SEED
from engine.demo.story import write_story
from engine.demo.view import View
from engine.rehearsal import Rehearsal

LENGTH_S = 120.0
NOT_BEFORE_S = 60.0
"""By then there are figures to be seen."""
LOOK = TerminalTheme(
    (22, 24, 29),
    (214, 217, 222),
    [
        *((60, 64, 72), (240, 113, 120), (134, 197, 120), (229, 192, 123)),
        *((110, 168, 254), (198, 140, 220), (86, 196, 204), (214, 217, 222)),
    ],
)
ENOUGH_WAITING = 3
FORMAT = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: 20.27px/{line_height}px "Fira Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def is_good(scene: Scene, passed_s: float) -> bool:
    """A phone rings for a VIP while others, who came before him, wait."""
    waiting = sum(call.state is CallState.WAITING for call in scene.calls.values())
    rung = any(call.vip and call.state is CallState.OFFERED for call in scene.calls.values())
    return passed_s > NOT_BEFORE_S and rung and waiting >= ENOUGH_WAITING


async def take() -> str:
    """Play up to the moment; the picture as SVG."""
    view = View(Console(file=io.StringIO(), record=True, force_terminal=True, width=100, height=30), plain=True)
    with tempfile.TemporaryDirectory() as folder:
        async with Rehearsal(Path(folder), write_demo_configuration(Path(folder), LENGTH_S)) as site:
            observer = Observer(site)
            acting = Acting(site, write_story(LENGTH_S, Random(SEED)), observer, SEED)  # noqa: S311 - a show
            await acting.agents_arrive()
            playing, loop = asyncio.create_task(acting.play()), asyncio.get_running_loop()
            began = loop.time()
            with view.showing(site, LENGTH_S):
                while observer.scene is None or not is_good(observer.scene, loop.time() - began):
                    view.show(await observer.look(), observer, loop.time() - began)
                    await asyncio.sleep(LOOK_EVERY_S)
                view.out.export_text()  # what was printed so far is no part of the picture
                frame = view.frame(observer.scene, observer.taken, loop.time() - began)
                view.out.print(picture(frame), height=frame.height)
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
    svg = view.out.export_svg(title="./hotline demo", theme=LOOK, code_format=FORMAT)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(take()), "utf-8")
