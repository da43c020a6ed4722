"""x"""

from collections.abc import AsyncIterator
from pathlib import Path
import asyncio
import pytest
import pytest_asyncio

from tests.telephony.site import SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("hangups")) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


async def test_one(site: SiteUnderTest) -> None:
    await site.on_duty("1001")
    customer = await site.queued()
    print(customer)
    ring = await site.network.phone("1001").next_ring()
    await customer.leg.hang_up()
    print(await site.ended(customer.id), await site.until_agent("1001", "ready"))


async def test_two(site: SiteUnderTest) -> None:
    await site.on_duty("1001")
    await site.network.phone("1001").answers(after_s=0.1, talk_s=3)
    async with site.feed("1001") as feed:
        customer = await site.queued()
        await feed.next_pop("answered", call=customer.id)
        await customer.leg.hang_up()
        print(await site.ended(customer.id), await site.until_agent("1001", "ready"))
        print(await site.recording(customer.id))
        print(feed.events, await site.metric("callcenter_queue_calls_offered_total"), site.log)
