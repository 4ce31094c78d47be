"""Mail that comes back: replies and unsubscriptions by mail, told by the address they came to; nothing is kept of their text.

Each mail carries two addresses of its own below the client's inbound domain: `r.<ids>` to reply to and `u.<ids>` in its
List-Unsubscribe header. The ids are keyed hashes of 128 bits, so nobody can make one up. A program's answer (absence notes,
delivery reports) is no reply.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any, Literal

from courtesy.errors import RefusedInput
from courtesy.messages.feedback_text import STOP

_ADDRESS = re.compile(r"(r|u)\.(c[a-z0-9]{20,40})\.(k[a-z0-9]{8,40})@", re.IGNORECASE)
_QUIET = frozenset({"bulk", "junk", "list", "auto_reply"})
_ANSWER = re.compile(r"^\s*((re|aw|antw|sv|fwd?|wg)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class Inbound:
    """What a mail means. reply: somebody wrote; unsubscribe: no more marketing e-mail of the contact's division; machine: a program."""

    kind: Literal["reply", "unsubscribe", "machine"]
    customer_id: str
    contact: str
    when: datetime
    id: str


def reply_address(domain: str, customer_id: str, contact: str) -> str:
    """Where a reply to this contact's mail goes; empty where the client takes no mail."""
    return f"r.{customer_id}.{contact}@{domain}" if domain else ""


def unsubscribe_address(domain: str, customer_id: str, contact: str) -> str:
    """Where a mail that unsubscribes goes; empty where the client takes no mail."""
    return f"u.{customer_id}.{contact}@{domain}" if domain else ""


def is_inbound(document: Mapping[str, Any]) -> bool:
    """Whether a document is SES's notification of a received mail."""
    return document.get("notificationType") == "Received" and "receipt" in document


def read_inbound(document: Mapping[str, Any]) -> list[Inbound]:
    """What a received mail means for each of our addresses it came to; none where it came to none, or is a virus.

    Raises RefusedInput where the notification has no readable time.
    """
    mail, receipt = document.get("mail") or {}, document.get("receipt") or {}
    if _verdict(receipt, "virusVerdict") == "FAIL":
        return []
    headers = {str(h.get("name", "")).lower(): str(h.get("value", "")) for h in mail.get("headers") or []}
    program = _by_program(headers, str(mail.get("source", "")))
    subject = _ANSWER.sub("", headers.get("subject", "")).strip().lower()
    leaves = re.sub(r"[^a-z]", "", subject) in STOP
    found = []
    for kind, customer_id, contact in _addresses(mail, receipt):
        said: Literal["reply", "unsubscribe", "machine"] = "reply"
        if kind == "u" or (leaves and not program):
            said = "unsubscribe"  # mail programs send these by themselves, so a machine's counts
        elif program:
            said = "machine"
        found.append(
            Inbound(
                said, customer_id, contact, _instant(mail.get("timestamp")), str(mail.get("messageId", ""))
            )
        )
    return found


def _addresses(mail: Mapping[str, Any], receipt: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    named = [str(one) for one in (*(receipt.get("recipients") or []), *(mail.get("destination") or []))]
    seen = set()
    for _, address in getaddresses(named):
        found = _ADDRESS.match(address)
        if found and (ids := tuple(part.lower() for part in found.groups())) not in seen:
            seen.add(ids)
            yield ids[0], ids[1], ids[2]


def _by_program(headers: Mapping[str, str], source: str) -> bool:
    """RFC 3834: answers of programs say so, and delivery reports come from nobody."""
    said = headers.get("auto-submitted", "no").strip().lower()
    return (
        not said.startswith("no")
        or headers.get("precedence", "").strip().lower() in _QUIET
        or any(name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress"))
        or source.strip() in ("", "<>")
        or source.lower().startswith("mailer-daemon@")
    )


def _verdict(receipt: Mapping[str, Any], name: str) -> str:
    return str((receipt.get(name) or {}).get("status", ""))


def _instant(text: object) -> datetime:
    try:
        told = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise RefusedInput("a received mail without a readable timestamp") from None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
