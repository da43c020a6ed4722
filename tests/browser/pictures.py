"""Makes the pictures of the wallboard that docs/ shows: python -m tests.browser.pictures [FOLDER], after ./hotline web."""

import asyncio
import base64
import struct
import sys
import zlib
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, async_playwright

from agents.accounts import Role
from tests.browser.hall import CHROMIUM, OFFICE_DAY, Hall, Pace, hall_rules
from tests.unit.cti_http.site import ZONE

MIDNIGHT: Final = datetime(2026, 11, 25, tzinfo=ZONE).timestamp()
PICTURES: Final = {
    "wallboard-dark-zh": ("lang=zh&theme=dark", 1920, 1080),
    "wallboard-light-en": ("lang=en&theme=light", 1920, 1080),
    "wallboard-phone": ("lang=zh&theme=dark", 390, 844),
}
COLOURS: Final = 256
RGBA_ROW = """async (data) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  return [image.width, image.height, btoa(Array.from(pen.getImageData(0, 0, image.width, image.height).data,
    (byte) => String.fromCharCode(byte)).join(''))];
}"""


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of 256 colours at most: those that fill most of it, and for every other the nearest of these."""
    height, width, _ = pixels.shape
    flat = pixels.reshape(-1, 3).astype(np.int32)
    codes, which, often = np.unique(
        (flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2], return_inverse=True, return_counts=True
    )
    every = np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1)
    chosen = every[_spread(every, often)]
    nearest = np.array([((chosen - colour) ** 2).sum(axis=1).argmin() for colour in every], dtype=np.uint8)
    rows = nearest[which].reshape(height, width)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = chosen.astype(np.uint8).tobytes()
    parts = [(b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _spread(every: NDArray[np.int32], often: NDArray[np.intp]) -> NDArray[np.intp]:
    """The most frequent colour of each small cube of colours, the fullest cubes first."""
    cube = (every >> 3) @ np.array([1 << 10, 1 << 5, 1])
    first: dict[int, int] = {}
    for index in np.argsort(-often):
        first.setdefault(int(cube[index]), int(index))
    return np.array(list(first.values())[:COLOURS])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


async def _pixels(browser: Browser, png: bytes) -> NDArray[np.uint8]:
    page = await browser.new_page()
    width, height, data = await page.evaluate(RGBA_ROW, base64.b64encode(png).decode())
    await page.close()
    return np.frombuffer(base64.b64decode(data), dtype=np.uint8).reshape(height, width, 4)[:, :, :3]


async def take(folder: Path) -> None:
    """All of them, of a late morning with more callers than agents."""
    with TemporaryDirectory() as home:
        pace = Pace(calls_per_s=0.19, hours=OFFICE_DAY)
        hall = Hall(Path(home), hall_rules(48), pace, now=MIDNIGHT - 86_400 + 7 * 3600)
        hall.open()
        hall.run_to(MIDNIGHT + 10 * 3600 + 42 * 60)
        hall.figures.midnight = MIDNIGHT
        await hall.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM.path, args=CHROMIUM.arguments)
            for name, (query, width, height) in PICTURES.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.goto(f"{hall.url}/wallboard?{query}#token={hall.token(Role.WALLBOARD)}")
                await page.wait_for_selector(".chart canvas")
                await page.wait_for_timeout(1000)
                picture = as_png(await _pixels(browser, await page.screenshot()))
                (folder / f"{name}.png").write_bytes(picture)
                print(f"{folder / name}.png {len(picture) / 1000:.0f} kB")
            await browser.close()
        await hall.stop()


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")))
