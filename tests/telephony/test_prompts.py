"""Prompts on a real Asterisk: both rates can be played, a dropped recording is heard after a reload, values between prompts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from engine.config.own_prompts import converted_folder
from ivr.prompts import FOLDER
from tests.telephony.hearing import RATE_HZ, Sound, read_sound, times_of
from tests.telephony.site import SiteUnderTest, plain_flow, running_site, until
from tests.unit.ivr.sounds import voice

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("prompts"), flow=plain_flow) as site:
        yield site


async def heard_by_a_caller(site: SiteUnderTest) -> Sound:
    customer = await site.dial(key="", listen=True, hang_up_after_s=5.0)
    await customer.leg.wait_ended(30.0)
    heard = customer.leg.heard
    assert heard is not None

    async def complete() -> bool:
        return len(read_sound(heard)) > 0

    await until(complete)
    return read_sound(heard)


async def test_asterisk_plays_both_rates_by_the_endings_of_the_files(site: SiteUnderTest) -> None:
    asterisk = site.supervisor.asterisk
    assert asterisk is not None
    formats = [line.split()[:3] for line in (await asterisk.command("core show file formats")).splitlines()]
    assert ["slin", "wav", "wav"] in formats or ["slin", "wav", "wav|"] in formats, formats
    assert any(row[:2] == ["slin16", "wav16"] for row in formats), formats


async def test_dropped_recording_is_heard_after_a_reload_and_the_old_prompt_no_more(site: SiteUnderTest) -> None:
    before = await heard_by_a_caller(site)
    configuration = site.supervisor.site.configuration
    file = configuration.folder / "prompts" / "zh" / "welcome.flac"
    file.parent.mkdir(parents=True)
    sweep = voice(1.2, 44100, silence_s=0.6) * np.linspace(0.5, 1.0, int(2.4 * 44100), dtype=np.float32)
    soundfile.write(str(file), sweep, 44100)
    await site.post("/api/reload", {})
    after = await heard_by_a_caller(site)
    built_in = read_sound(FOLDER / "zh" / "welcome.wav")[: RATE_HZ * 8 // 10]
    [own] = converted_folder(site.supervisor.site.home).glob("*.wav")
    assert len(times_of(before, built_in)) == 1
    assert times_of(after, built_in) == []
    assert len(times_of(after, read_sound(own))) == 1
    listed = (await site.get("/api/prompts?source=own"))["prompts"]
    assert [(row["id"], row["language"]) for row in listed] == [("welcome", "zh")]


async def test_broken_recording_changes_nothing_and_is_named(site: SiteUnderTest) -> None:
    folder = site.supervisor.site.configuration.folder
    broken = folder / "prompts" / "zh" / "goodbye.mp3"
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"<html>")
    version = (await site.get("/api/version"))["rules"]
    with pytest.raises(Exception, match=r"goodbye\.mp3|422"):
        await site.post("/api/reload", {})
    assert (await site.get("/api/version"))["rules"] == version
    broken.unlink()
