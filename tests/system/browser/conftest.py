"""A browser on the stack of the system tests, and people of each role in it. Skipped where this machine has no Chromium."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from courtesy_local.demo.works import Works
from courtesy_local.stack.local_stack import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PICTURES = Path(__file__).resolve().parents[3] / "build" / "browser"
READY = "main[data-ready]:not([data-ready=sign-in])"
SLOW = 120_000
"""Milliseconds until a test gives up waiting for anything: a page, a rehearsal, a cycle. Tests end as soon as it is there."""

expect.set_options(timeout=SLOW)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(
            f"no Chromium on this machine (looked for {', '.join(NAMES)}): `apt-get install chromium` brings one"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(works: Works) -> str:
    """Where the console is."""
    return f"{works.outputs.api_url.rstrip('/')}/console"


Person = Callable[..., "Desk"]


VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
"""Notes what the page's content security policy refuses."""

GO = """place => new Promise((gone) => {
    addEventListener("hashchange", () => gone(), { once: true });
    location.hash = place;
})"""
"""Goes to a page and waits until the console has heard of it: what says that the page before is ready has gone by then."""


class Desk:
    """A person's browser with the console open."""

    def __init__(self, page: Page, address: str, complaints: list[str]) -> None:
        self.page, self._address, self._complaints = page, address, complaints
        self._refused: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    def may_be_refused(self, path: str) -> None:
        """The API will say no to requests whose address ends so; any other refusal fails the test."""
        self._refused.append(path)

    def _hear(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not any(place.endswith(path) for path in self._refused):
            self._complaints.append(f"{message.text} ({place})")

    def open(self, place: str) -> Page:
        """Go to a page of the console and wait until it stands."""
        if self.page.evaluate("location.hash") == f"#{place}":
            self.page.reload()
        else:
            self.page.evaluate(GO, place)
        name = re.split(r"[/?]", place)[0]
        self.page.wait_for_selector(f"main[data-ready='{name}']", timeout=SLOW)
        expect(self.page.locator(".waiting")).to_have_count(0, timeout=SLOW)
        return self.page


@pytest.fixture
def person(chromium: Browser, works: Works, address: str) -> Iterator[Person]:
    """Signs somebody of a role in, in a browser of their own: `person("agent")`. Whatever the browser complains about fails."""
    opened: list[BrowserContext] = []
    desks: list[Desk] = []
    complaints: list[str] = []

    def sign_in(role: str, width: int = 1280, height: int = 900, scheme: str = "light") -> Desk:
        works.stack.token(role)
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-US",
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.add_init_script(VIOLATIONS)
        desk = Desk(page, address, complaints)
        desks.append(desk)
        page.goto(address)
        page.get_by_label("E-mail").fill(f"{role.replace('_', '-')}@courtesy.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(READY, timeout=SLOW)
        return desk

    yield sign_in
    for desk in desks:
        complaints.extend(desk.page.evaluate("window.violations"))
    for context in opened:
        context.close()
    assert complaints == []
