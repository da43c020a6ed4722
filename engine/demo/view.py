"""How the demonstration is shown: as a picture that changes, or a line for each event."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import time
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live
from rich.text import Text

from agents.roster import AgentId
from engine.demo.news import News
from engine.demo.observer import Observer
from engine.demo.scene import Scene
from engine.demo.screen import Frame, line_of, picture
from engine.rehearsal import Rehearsal
from engine.words import say

__all__ = ["View"]

MOST_NEWS: Final = 200


class View:
    """What a person sees. `plain`: lines only, as also when nobody looks at a terminal."""

    def __init__(self, out: Console, *, plain: bool) -> None:
        self.out = out
        self._plain = plain or not out.is_terminal or out.is_dumb_terminal
        self._live: Live | None = None
        self._news: deque[News] = deque(maxlen=MOST_NEWS)
        self._zone = ZoneInfo("UTC")
        self._where = ""
        self._length_s = 0.0

    def say(self, text: str) -> None:
        """A line before or after the show."""
        self.out.print(Text(text), soft_wrap=True)

    def warn(self, text: str) -> None:
        """What the supervisor has to tell, at any time."""
        if self._where:
            self._tell(News(time(), "system", text))
        else:
            self.say(text)

    @contextmanager
    def showing(self, site: Rehearsal, length_s: float) -> Iterator[None]:
        """The time of the show."""
        endpoints, system = site.supervisor.site.endpoints, site.supervisor.site.configuration.system
        self._zone, self._length_s = ZoneInfo(system.timezone), length_s
        self._where = say("拨打", "callers dial") + f" {site.number} · SIP {endpoints.sip} · http://{endpoints.http}"
        if self._plain:
            yield
        else:
            with Live(console=self.out, screen=True, auto_refresh=False) as self._live:
                yield
            self._live = None
        self._where = ""

    def show(self, news: Sequence[News], observer: Observer, passed_s: float) -> None:
        """What is new, and the floor as it is now."""
        for line in news:
            self._tell(line)
        if self._live is not None and observer.scene is not None:
            self._live.update(picture(self.frame(observer.scene, observer.taken, passed_s)), refresh=True)

    def frame(self, scene: Scene, taken: Mapping[AgentId, int], passed_s: float) -> Frame:
        """What the picture is made of, for the size the terminal has now."""
        width, height = self.out.size
        return Frame(
            scene=scene,
            news=tuple(self._news),
            taken=taken,
            passed_s=passed_s,
            length_s=self._length_s,
            where=self._where,
            width=width,
            height=height,
            zone=self._zone,
        )

    def _tell(self, line: News) -> None:
        self._news.append(line)
        if self._plain:
            self.out.print(line_of(line, self._zone), soft_wrap=True)
