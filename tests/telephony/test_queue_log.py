"""The queue_log on a real Asterisk: app_queue's own is read without a fault, and ours says the same of like calls."""

from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bench.handoff import APP_QUEUE_NUMBER, _app_queue, _Load, _prepare
from bench.phones import one_queue
from engine.asterisk.ports import free_port
from engine.importing.files import portions
from engine.rehearsal import Rehearsal, write_configuration
from metrics.queue_log import Names, QueueLogReader
from tests.telephony.outages import kill_engine_and_wait
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = pytest.mark.telephony

CALLS = 12
AGENTS = 3


def read(path: Path, names: Names) -> QueueLogReader:
    reader = QueueLogReader(names)
    reader.start_file(str(path))
    for portion in portions(path, ZoneInfo("UTC")):
        reader.read(portion.rows)
    reader.finish()
    return reader


async def test_app_queues_own_log_is_read_without_a_fault(tmp_path: Path, asterisk_root: Path | None) -> None:
    configuration = write_configuration(tmp_path / "config", one_queue(AGENTS, "longest-idle"))
    port = free_port(udp=True)
    add_app_queue = _prepare(AGENTS, port)

    def prepare(folder: Path) -> None:
        add_app_queue(folder)
        logger = folder / "etc" / "logger.conf"
        logger.write_text(logger.read_text("utf-8").replace("queue_log = no", "queue_log = yes"), "utf-8")

    rehearsal = Rehearsal(tmp_path / "var", configuration, tell=lambda _: None, network=False, prepare=prepare)
    site = rehearsal.supervisor.site
    load = _Load(site.endpoints.sip.rpartition(":")[2], AGENTS, 4, CALLS, port)
    assert APP_QUEUE_NUMBER
    await _app_queue(site, prepare, tmp_path / "side", load)
    reader = read(site.asterisk_folder / "log" / "queue_log", Names(site.configuration.rules))
    queue = reader.queues["bench"]
    assert reader.faults.counts == {}
    assert reader.unfinished == 0
    assert (queue.offered, queue.answered, queue.abandoned) == (CALLS, CALLS, 0)
    calls, hours = reader.take_away()
    agents = {call.stays[0].answered.agent for call in calls if call.stays[0].answered}
    assert agents <= set(site.configuration.rules.agents)
    assert len(hours) == CALLS


def writes_it(data: Any) -> None:
    data["queue_log"] = {"file": True, "sql": True}


async def test_hotlines_own_log_has_every_call_once_over_a_killed_engine(
    tmp_path: Path, asterisk_root: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.supervisor.STABLE_S", 1.0)  # killed by us, it is still started at once
    async with running_site(tmp_path, metrics=writes_it) as site:
        await site.on_duty("1001")
        await site.network.phone("1001").answers(after_s=0.5, talk_s=1.0)
        served = await site.queued()
        await site.ended(served.id)
        waiting = await _killed_while_he_waits(site)
        rows = site.sql("select callid, event, time from queue_log order by id")
        events = [row["event"] for row in rows if row["callid"] == served.id]
        assert events == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
        assert [row["event"] for row in rows if row["callid"] == waiting][:1] == ["ENTERQUEUE"]
        path = site.home / "queue_log"
        told = site.sql("select call, how from segments where left_at is not null")
        rules = site.supervisor.site.configuration.rules
    lines = path.read_text("utf-8").splitlines()
    assert max(Counter(lines).values()) == 1
    assert [line.split("|")[4] for line in lines] == [row["event"] for row in rows]
    reader = read(path, Names(rules))
    assert reader.faults.counts == {}
    calls, _ = reader.take_away()
    assert Counter(stay.how for call in calls for stay in call.stays) == Counter(
        row["how"].replace("short_abandon", "abandoned") for row in told
    )
    assert {call.call for call in calls} == {row["call"] for row in told}


async def _killed_while_he_waits(site: SiteUnderTest) -> str:
    """He waits while the engine is killed, and hangs up when it is back."""
    await site.agent("1001", "not_ready", "meal")
    customer = await site.queued(hang_up_after_s=60)
    await kill_engine_and_wait(site)
    await site.until_call(customer.number, "waiting", timeout_s=20.0)
    await customer.leg.hang_up()
    await site.ended(customer.id)

    async def stored() -> bool:
        return bool(site.sql("select 1 from queue_log where callid = ? and event = 'ABANDON'", customer.id))

    await until(stored, 10.0)
    return customer.id
