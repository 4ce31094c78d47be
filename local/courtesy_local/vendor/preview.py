"""Previews: any message for a sample person as HTML, text, PDF or PNG, and the contact sheet of all of them."""

import io
import shutil
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path

import pypdfium2

from courtesy.errors import RefusedInput, UnknownName
from courtesy.messages.compile import compile_messages
from courtesy.messages.postal import postal_address
from courtesy.messages.render import RenderedEmail, Renderer
from courtesy.messages.rules import PrintProduct
from courtesy.messages.typeset import Typesetter
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile
from courtesy_local.vendor.samples import NOW, SAMPLES, sample_contact, sample_profile

_LINK = "https://api.example.com/u/sample"


class Preview:
    """Renders the messages of a rulebook's folder for sample people."""

    def __init__(self, folder: Path) -> None:
        self.rulebook: Rulebook = load_rulebook(folder, compile_messages)
        self._renderer = Renderer(self.rulebook)
        self._typesetter = Typesetter(self.rulebook.messages.print_frames)

    def channels(self, trigger: str) -> list[str]:
        """The channels in which the trigger has a message. Raises UnknownName."""
        if trigger not in self.rulebook.triggers:
            raise UnknownName("trigger", trigger, self.rulebook.triggers)
        return [c for c in self.rulebook.triggers[trigger].channels if c in ("email", "letter", "postcard")]

    def email(self, trigger: str, sample: str) -> RenderedEmail:
        """The e-mail as the sample person gets it."""
        profile, contact = self._who(trigger, "email", sample)
        context = self._renderer.context(profile, contact, now=NOW, unsubscribe=_LINK, preferences=_LINK)
        return self._renderer.email(trigger, context)

    def product(self, channel: str) -> PrintProduct:
        """What the rulebook's vendor prints for a channel."""
        rules = self.rulebook.messages
        return rules.vendors[rules.printers[channel]].products[channel]  # type: ignore[index]

    def pdf(self, trigger: str, channel: str, sample: str) -> bytes:
        """The printed piece as the sample person gets it. Raises RefusedInput where the address is not taken."""
        profile, contact = self._who(trigger, channel, sample)
        rules = self.rulebook.messages
        to = postal_address(profile, rules.vendors[rules.printers[channel]])  # type: ignore[index]
        if isinstance(to, str):
            raise RefusedInput(f"the vendor does not take the address of sample {sample!r}: {to}")
        context = self._renderer.context(profile, contact, now=NOW)
        text = self._renderer.printed(trigger, channel, context)
        return self._typesetter.pdf(self.product(channel), text, to.lines())

    def _who(self, trigger: str, channel: str, sample: str) -> tuple[Profile, Contact]:
        if sample not in SAMPLES:
            raise UnknownName("sample", sample, SAMPLES)
        if channel not in self.channels(trigger):
            raise UnknownName(f"channel of {trigger}", channel, self.channels(trigger))
        division = self.rulebook.triggers[trigger].division
        return sample_profile(sample, self.rulebook, division), sample_contact(
            self.rulebook, trigger, channel
        )


def png(pdf: bytes, scale: float = 1.0) -> list[bytes]:
    """Each page of a PDF as PNG, 72 pixels an inch times `scale`."""
    document = pypdfium2.PdfDocument(pdf)
    pages = []
    for page in document:
        out = io.BytesIO()
        page.render(scale=scale).to_pil().save(out, format="PNG")
        pages.append(out.getvalue())
    document.close()
    return pages


def browser() -> str | None:
    """A Chromium on this machine that takes pictures of e-mails, None where there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def photograph(browser: str, page: Path, picture: Path) -> bool:
    """Write a picture of an HTML page, 600 x 900 pixels; whether it came out."""
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=600,900"]
    shot = [browser, *arguments, f"--screenshot={picture}", page.resolve().as_uri()]
    try:
        subprocess.run(shot, check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return picture.exists()


def write_gallery(
    preview: Preview,
    out: Path,
    samples: tuple[str, ...] = ("ordinary", "german"),
    *,
    browser: str | None = None,
    told: Callable[[str], object] = lambda _: None,
) -> Path:
    """All messages in all their channels on one HTML page with thumbnails, in `out`; the page's path.

    browser: with it e-mails are shown as pictures too, without it in frames; told: called with each piece's name
    """
    out.mkdir(parents=True, exist_ok=True)
    cards: list[str] = []
    for trigger, rule in sorted(preview.rulebook.triggers.items()):
        for sample in samples:
            for channel in preview.channels(trigger):
                name = f"{trigger}-{channel}-{sample}"
                title = f"{trigger} / {channel} / {sample}"
                if channel == "email":
                    mail = preview.email(trigger, sample)
                    (out / f"{name}.html").write_text(mail.html, encoding="utf-8")
                    shown = f'<iframe loading="lazy" src="{name}.html" title="{escape(title)}"></iframe>'
                    if browser and photograph(browser, out / f"{name}.html", out / f"{name}.png"):
                        shown = f'<img loading="lazy" src="{name}.png" alt="{escape(title)}">'
                    note, target = escape(mail.subject), f"{name}.html"
                else:
                    pdf = preview.pdf(trigger, channel, sample)
                    (out / f"{name}.pdf").write_bytes(pdf)
                    shown = ""
                    for number, picture in enumerate(png(pdf), 1):
                        (out / f"{name}-{number}.png").write_bytes(picture)
                        shown += f'<img loading="lazy" src="{name}-{number}.png" alt="{escape(title)}, page {number}">'
                    note, target = escape(rule.division), f"{name}.pdf"
                told(name)
                cards.append(
                    f'<figure class="{channel}"><div>{shown}</div>'
                    f'<figcaption><a href="{target}">{escape(title)}</a><br>{note}</figcaption></figure>'
                )
    page = out / "index.html"
    page.write_text(_PAGE.replace("@cards@", "\n".join(cards)), encoding="utf-8")
    return page


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Messages</title><style>
:root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2rem}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1.5rem}
figure{margin:0;border:1px solid #8886;border-radius:8px;overflow:hidden;background:#8881}
figure div{height:26rem;overflow:auto;background:#fff}iframe{width:200%;height:200%;border:0;transform:scale(.5);transform-origin:0 0}
img{display:block;width:100%}figcaption{padding:.75rem 1rem;overflow-wrap:anywhere}
</style></head><body><h1>Messages</h1><main>
@cards@
</main></body></html>
"""
