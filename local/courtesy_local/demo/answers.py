"""What the outside answers in the demo: a click on the unsubscribe link, a piece that comes back, what SES reports."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

_LINK = re.compile(r"https?://[^\s\"'<>)]+/u/[^\s\"'<>)]+")

ONE_CLICK = b"List-Unsubscribe=One-Click"
"""The body of RFC 8058."""


def unsubscribe_path(message: Mapping[str, Any]) -> str | None:
    """Path of the unsubscribe link in a mail as its reader sees it; None where it has none."""
    for part in ("BodyHtml", "BodyText"):
        found = _LINK.search(message.get(part) or "")
        if found:
            url = urlsplit(found.group().replace("&amp;", "&"))
            return url.path + (f"?{url.query}" if url.query else "")
    return None


def first_that_can_unsubscribe(
    messages: Iterable[Mapping[str, Any]], beside: Iterable[str]
) -> Mapping[str, Any] | None:
    """The first mail with such a link that did not go to the mailbox simulator or to an address in `beside`."""
    left_out = set(beside)
    for message in messages:
        address = message["To"][0].lower()
        if "simulator.amazonses.com" not in address and address not in left_out and unsubscribe_path(message):
            return message
    return None
