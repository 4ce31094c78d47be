"""Every shipped e-mail in a real browser: 375 and 700 pixels wide, light and dark, both languages; one page holds them all.

Nothing may scroll sideways, no text may be smaller than 12 pixels or hard to read on its background (WCAG 2.2, AA: 4.5 to 1,
3 to 1 for large text). The browser is started once for light and once for dark, and is stopped after a minute.
"""

import json
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from courtesy.messages.preview import Preview
from courtesy.rulebook.model import Rulebook
from courtesy_local.vendor.preview import browser

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium on this machine")

SCHEMES = {"light": 1, "dark": 0}
_PAGE = """<!doctype html><meta charset="utf-8"><body>@frames@<pre id="told">nothing</pre><script>
const rgb = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * x + .7152 * y + .0722 * z; };
function ground(el, view) { for (; el; el = el.parentElement) { const c = rgb(view.getComputedStyle(el).backgroundColor);
  if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; }
function look(frame) {
  const doc = frame.contentDocument, view = frame.contentWindow, root = doc.documentElement;
  const told = { name: frame.title, sideways: root.scrollWidth - root.clientWidth, dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
                 small: [], pale: [], texts: 0, wide: 0 };
  const walk = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    if (!node.data.trim()) continue;
    const el = node.parentElement, style = view.getComputedStyle(el), range = doc.createRange();
    range.selectNodeContents(node); const box = range.getBoundingClientRect();
    if (!box.width || !box.height || style.display === "none") continue;
    told.texts++; told.wide = Math.max(told.wide, box.right - root.clientWidth);
    const size = parseFloat(style.fontSize);
    if (size < 12) told.small.push(size);
    const a = light(rgb(style.color)), b = light(ground(el, view));
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) told.pale.push([Math.round(contrast * 100) / 100, style.color, node.data.trim().slice(0, 30)]);
  }
  return told;
}
window.addEventListener("load", () => {
  document.getElementById("told").textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(look));
});
</script></body>"""


@pytest.fixture(scope="module")
def mails(rulebook: Rulebook) -> dict[str, str]:
    """Every shipped e-mail for a person of each language, and for one whose names are hostile."""
    preview = Preview(rulebook)
    return {
        f"{trigger}/{sample}": preview.email(trigger, sample).html
        for trigger, rule in rulebook.triggers.items()
        if "email" in rule.channels
        for sample in ("ordinary", "german", "hostile")
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_mail_is_readable_on_telephone_and_desktop(
    mails: dict[str, str], tmp_path: Path, scheme: str
) -> None:
    frames = [
        f'<iframe title="{escape(name)} {width}" width="{width}" height="900" srcdoc="{escape(html)}"></iframe>'
        for name, html in mails.items()
        for width in ((375, 700) if "ordinary" in name else (375,))
    ]
    page = tmp_path / "mails.html"
    page.write_text(_PAGE.replace("@frames@", "".join(frames)), encoding="utf-8")
    told = _look(page, tmp_path, SCHEMES[scheme])

    assert len(told) == len(frames)
    assert all(one["texts"] > 8 for one in told)
    assert {one["dark"] for one in told} == {scheme == "dark"}
    assert [(one["name"], one["sideways"]) for one in told if one["sideways"] > 0 or one["wide"] > 0] == []
    assert [(one["name"], one["small"]) for one in told if one["small"]] == []
    assert [(one["name"], one["pale"]) for one in told if one["pale"]] == []


def _look(page: Path, folder: Path, scheme: int) -> list[dict[str, Any]]:
    """What the page's own script saw. `scheme`: Blink's number of the preferred colour scheme."""
    found = browser()
    assert found is not None
    arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'browser'}",
        f"--blink-settings=preferredColorScheme={scheme}",
        "--virtual-time-budget=20000",
        "--dump-dom",
        page.resolve().as_uri(),
    ]
    shown = subprocess.run([found, *arguments], check=True, capture_output=True, text=True, timeout=600)
    told: list[dict[str, Any]] = json.loads(
        unescape(shown.stdout.partition('<pre id="told">')[2].partition("</pre>")[0])
    )
    return told
