from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.cti_http.site import SmallSite


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[SmallSite]:
    """A linked site with nobody logged in."""
    small = SmallSite(tmp_path)
    await small.start()
    small.link()
    yield small
    await small.stop()
