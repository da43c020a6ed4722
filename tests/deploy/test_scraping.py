"""Prometheus with its configuration and rules, as they are shipped, asks a floor and an Asterisk over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from acd.model import QueueId
from cti.http.service import send_pieces
from tests.deploy.checkout import REPOSITORY
from tests.deploy.demo_floor import DemoFloor
from tests.deploy.prometheus import Prometheus
from tests.deploy.promql import RULES

ASTERISK = """\
asterisk_channels_count{eid="1"} 4
asterisk_channels_state{eid="1",id="1700000000.1",name="PJSIP/agent-1001-00000001",linkedid="1700000000.1"} 6
asterisk_endpoints_state{eid="1",id="agent-1001",resource="agent-1001",tech="PJSIP"} 1
"""


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The address at which /metrics is answered so."""
    app = web.Application()
    app.add_routes([web.get("/metrics", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    yield f"{host}:{port}"
    await runner.cleanup()


def shipped(folder: Path, engine: str, asterisk: str) -> str:
    """deploy/prometheus with these targets, every second."""
    (folder / "rules").mkdir()
    for path in RULES:
        rules = path.read_text(encoding="utf-8").replace("interval: 15s", "interval: 1s")
        (folder / "rules" / path.name).write_text(rules, encoding="utf-8")
    text = (REPOSITORY / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
    changes = {
        "engine:8080": engine,
        "asterisk:8088": asterisk,
        "_interval: 5s": "_interval: 1s",
        "timeout: 4s": "timeout: 1s",
    }
    for shipped, here in changes.items():
        assert shipped in text
        text = text.replace(shipped, here)
    return text


async def test_floor_is_scraped_in_pieces_figures_are_recorded_and_no_channel_or_phone_of_asterisk_comes_in(
    tmp_path: Path,
) -> None:
    floor = await asyncio.to_thread(DemoFloor)
    await asyncio.to_thread(floor.run)

    async def engine(request: web.Request) -> web.StreamResponse:
        return await send_pieces(request, floor.exporter.pieces())

    async def asterisk(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=ASTERISK)

    async with served(engine) as engine_at, served(asterisk) as asterisk_at:
        server = Prometheus(tmp_path, shipped(tmp_path, engine_at, asterisk_at))
        await asyncio.to_thread(server.start)
        try:
            for said_by in (
                "queue:callcenter_agents_on_duty:count",
                "asterisk_channels_count",
            ):  # each asked in its own turn
                await asyncio.to_thread(server.wait_for, said_by)
            answers = {
                question: await asyncio.to_thread(server.ask, question)
                for question in (
                    'up{job="hotline-engine", site="main"}',
                    'scrape_samples_scraped{job="hotline-engine"} == scrape_samples_post_metric_relabeling',
                    'callcenter_queue_offered_total{queue="sales", site="main"}',
                    "asterisk_channels_count",
                    '{job="asterisk", __name__=~"asterisk_channels_state|asterisk_endpoints_state"}',
                )
            }
        finally:
            await asyncio.to_thread(server.stop)
    lines = floor.exporter.render().decode().splitlines()
    series = sum(not line.startswith("#") for line in lines)
    assert list(answers.values()) == [
        [1],
        [series],
        [floor.tally.since_start.queues[QueueId("sales")].offered],
        [4],
        [],
    ]
