"""Previews: any message for a sample person as HTML, text, PDF or PNG, and the contact sheet of all of them."""

import io
import shutil
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path

import pypdfium2

from courtesy.messages import preview as messages
from courtesy.messages.compile import compile_messages
from courtesy.rulebook.load import load_rulebook


class Preview(messages.Preview):
    """Shows the messages of a rulebook's folder, compiled as a publication does it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(load_rulebook(folder, compile_messages))


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
                    (out / f"{name}.html").write_text(messages.standing_alone(mail), encoding="utf-8")
                    shown = f'<iframe loading="lazy" src="{name}.html" title="{escape(title)}"></iframe>'
                    if browser and photograph(browser, out / f"{name}.html", out / f"{name}.png"):
                        shown = f'<img loading="lazy" src="{name}.png" alt="{escape(title)}">'
                    note, target = escape(mail.subject), f"{name}.html"
                elif channel in ("sms", "next_contact"):
                    words = preview.show(trigger, channel, preview.sample(trigger, sample)).text
                    shown, note, target = f"<pre>{escape(words)}</pre>", escape(rule.division), "#"
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
pre{white-space:pre-wrap;font:inherit;margin:0;padding:1.25rem;color:#111}img{display:block;width:100%}figcaption{padding:.75rem 1rem;overflow-wrap:anywhere}
</style></head><body><h1>Messages</h1><main>
@cards@
</main></body></html>
"""
