"""Take a tour: a portal with the demo's data, a screenshot of each place, wide and narrow.

`make tour` writes them into screenshots/, which git ignores, with an index.html to leaf through.
"""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.end_to_end.conftest import ARGUMENTS, signed_in_to
from tests.end_to_end.running import Portal, program

INTO = Path(__file__).resolve().parent.parent / "screenshots"
PLACES = {
    "dashboard": "/",
    "search": "/search?q=31",
    "inventory": "/devices",
    "unknown phones": "/unknown-phones",
    "profile": "/profiles/2",
    "accounts": "/accounts",
    "customer": "/customers/1",
    "import": "/imports",
    "catalogue": "/catalogue",
    "certificates": "/certificates",
    "security": "/security",
    "audit": "/audit",
    "portal settings": "/settings",
    "your account": "/me",
}
TABS = ("settings", "files", "timeline", "trust")


def main() -> None:
    INTO.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        portal = Portal(Path(folder) / "instance")
        portal.run("demo")
        portal.start()
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=ARGUMENTS, headless=True
        )
        try:
            signed_in = signed_in_to(browser, portal)
            taken = []
            for scheme in ("light", "dark"):
                for width in (1280, 390):
                    context = browser.new_context(
                        ignore_https_errors=True,
                        storage_state=signed_in,  # type: ignore[arg-type]
                        color_scheme=scheme,  # type: ignore[arg-type]
                        viewport={"width": width, "height": 900},
                    )
                    page = context.new_page()
                    page.goto(portal.url + "/devices")
                    mac = page.locator("a.mac, a:has(.mac)").last.get_attribute("href") or ""
                    device = mac.partition("?")[0]
                    tabs = {f"device, {tab}": f"{device}?tab={tab}" for tab in TABS}
                    for name, address in {**PLACES, **tabs}.items():
                        page.goto(portal.url + address)
                        file = f"{name.replace(', ', '-').replace(' ', '-')}-{scheme}-{width}.png"
                        page.screenshot(path=INTO / file, full_page=True)
                        taken.append((name, scheme, width, file))
                    context.close()
        finally:
            browser.close()
            portal.stop()
    _write_index(taken)
    print(f"{len(taken)} screenshots in {INTO}, from {INTO / 'index.html'} on")


def _write_index(taken: list[tuple[str, str, int, str]]) -> None:
    figures = "\n".join(
        f"<figure><figcaption>{html.escape(name)}, {scheme}, {width} px</figcaption>"
        f'<a href="{file}"><img src="{file}" alt="" width="{width // 2}"></a></figure>'
        for name, scheme, width, file in sorted(taken)
    )
    (INTO / "index.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Tour</title>\n{figures}\n'
    )


if __name__ == "__main__":
    main()
