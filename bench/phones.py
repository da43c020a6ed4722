"""SIPp's callers and phones, how Asterisk knows where the phones are, and the one queue they meet in."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.priority import go_first

__all__ = ["find_phones_at", "one_queue", "sipp"]

PHONES_NICE = -15
"""The callers and phones are what measures: their own wait for the processor is neither side's, so they go before both."""
SCENARIOS = Path(__file__).with_name("sipp")


def find_phones_at(folder: Path, port: int) -> None:
    """Every agent's phone of the rendered Asterisk is at this port of the same host, without registering."""
    file = folder / "etc" / "pjsip.conf"
    text = re.sub(
        r"(\[(agent-\d+)\]\ntype = aor\n)", rf"\1contact = sip:\2@127.0.0.1:{port}\n", file.read_text("utf-8")
    )
    file.write_text(text.replace("qualify_frequency = 10", "qualify_frequency = 0"), "utf-8")


async def sipp(folder: Path, scenario: str, *arguments: str) -> asyncio.subprocess.Process:
    """SIPp with one of the scenarios; what it prints and logs is left in the folder."""
    with (folder / f"{scenario}.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-nostdin", "-trace_err", *arguments),
            cwd=folder,
            stdout=output,
            stderr=output,
            env={**os.environ, "TERM": "dumb"},
            start_new_session=True,
        )
    go_first(process.pid, PHONES_NICE)
    return process


def one_queue(agents: int, strategy: str) -> dict[str, Callable[[Any], None]]:
    """What to change in the example configuration: one queue with all agents, callers straight into it, no recording, no
    good-bye, as app_queue does."""

    def queues(data: Any) -> None:
        data["vip"] = {}
        data["queues"] = {"bench": {"name": {"zh": "测试"}, "strategy": strategy, "wrap_up": 0, "record": False}}

    def staff(data: Any) -> None:
        data["agents"] = {str(1000 + n): {"name": f"agent {n}", "queues": ["bench"]} for n in range(agents)}

    def ivr(data: Any) -> None:
        data.pop("operator")
        data.update(start="bench", goodbye=[], nodes={"bench": {"type": "enqueue", "queue": "bench"}})

    return {"queues": queues, "agents": staff, "ivr": ivr}
