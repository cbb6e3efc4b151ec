"""Takes a picture of each mail, narrow and wide, in the light and in the dark: `python docs/mail_gallery.py`.

Needs Chromium and playwright, which the tests have: `python3 noxfile.py gallery`. Look at them before they land.
"""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from shopcore.notifications.model import Message
from shopcore.settings import Settings
from shopcore.shop import sample_mails

HERE = Path(__file__).parent
PAGE, PICTURES = HERE / "reference" / "mails.md", HERE / "reference" / "mails"
WIDTHS = (360, 800)  # pixels: a telephone, a window
LOOKS = ("light", "dark")
SMALLER = """async picture => {
    const shown = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(shown.width, shown.height);
    canvas.getContext("2d").drawImage(shown, 0, 0);
    const smaller = await canvas.convertToBlob({type: "image/webp", quality: 1});
    return Array.from(new Uint8Array(await smaller.arrayBuffer()));
}"""  # without loss at this quality, and smaller than PNG
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

HEAD = """# The mails

Each mail that a shop sends, on a telephone and in a window, in the light and in the dark. `shop mail preview` writes
such a page in a shop's own words; `python3 noxfile.py gallery` takes these pictures anew.
"""


def page(samples: list[tuple[str, Message]]) -> str:
    """The page, in Markdown."""
    return HEAD + "".join(f"\n## {message.subject}\n\n`{kind}`\n\n{_pictures(kind)}\n" for kind, message in samples)


def _pictures(kind: str) -> str:
    return "\n".join(
        f"![{kind}, {width} pixels wide, {look}](mails/{_name(kind, width, look)})" for width, look in _shots()
    )


def _shots() -> Iterator[tuple[int, str]]:
    for look in LOOKS:
        for width in WIDTHS:
            yield width, look


def _name(kind: str, width: int, look: str) -> str:
    return f"{kind}-{width}-{look}.webp"


def take(browser: Browser, kind: str, content: str) -> None:
    """All pictures of one mail."""
    for width, look in _shots():
        shown = browser.new_page(viewport={"width": width, "height": 200}, color_scheme=look)
        shown.set_content(content)
        picture = base64.b64encode(shown.screenshot(full_page=True)).decode()
        (PICTURES / _name(kind, width, look)).write_bytes(bytes(shown.evaluate(SMALLER, picture)))
        shown.close()


def main() -> None:
    """Write the page and its pictures."""
    samples = list(sample_mails(Settings(smtp_from="A Shop <shop@example.org>", app_url="https://shop.example.org")))
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for kind, message in samples:
            take(browser, kind, message.html or "")
        browser.close()
    PAGE.write_text(page(samples), encoding="utf-8")


if __name__ == "__main__":
    main()
