"""Record feedback: one record of a feedback queue in, its reports on the customers' timelines, what follows done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courtesy.decisions.settle import apply_feedback
from courtesy.decisions.whereabouts import holder
from courtesy.messages.feedback import Report, Unmatched, read_ses_event, unwrap
from courtesy.messages.feedback_text import TextReply, is_text_event, read_text_event, read_text_reply
from courtesy.messages.inbound import Inbound, is_inbound, read_inbound
from courtesy.messages.mailing import decode_register
from courtesy.messages.ports import MailingShelf
from courtesy.messages.vendor_status import is_vendor_status, read_status, reports_of
from courtesy.ports import CustomerStore
from courtesy.privacy.withdraw import withdraw
from courtesy.timeline.events import Response
from courtesy.timeline.refold import refold


def nobody(_: str) -> list[str]:
    """For where no number leads to anybody."""
    return []


@dataclass(frozen=True)
class Recording:
    """What recording needs of the outside."""

    store: CustomerStore
    shelf: MailingShelf
    hash_key: bytes
    clock: Callable[[], datetime]
    holders_of: Callable[[str], list[str]] = nobody
    """The customers who have a telephone number (E.164)."""


def record_feedback(record: Mapping[str, Any], outside: Recording) -> dict[str, int]:
    """Write what one record of a Lambda event reports; how many reports of each kind, unmatched ones by reason.

    Again, or in any order: the same end. Raises RefusedInput where the message is none of ours, Conflict, OutsideFailed.
    """
    counted: dict[str, int] = {}

    def count(name: str) -> None:
        counted[name] = counted.get(name, 0) + 1

    for document in unwrap(record):
        if is_inbound(document):
            heard = read_inbound(document)
            for inbound in heard:
                count(_hear(inbound, outside))
            if not heard:
                count("no_address_of_ours")
            continue
        if "inboundMessageId" in document:
            count(_listen(read_text_reply(document, outside.clock()), outside))
            continue
        reports, unmatched = _read(document, outside)
        for missed in unmatched:
            count(missed.reason)
        for report in reports:
            if _write(report, outside):
                count(report.feedback.type)
            else:
                count("unknown_contact")
    return counted


def _read(document: dict[str, Any], outside: Recording) -> tuple[list[Report], list[Unmatched]]:
    if is_text_event(document):
        told = read_text_event(document, outside.hash_key)
        return ([], [told]) if isinstance(told, Unmatched) else ([told], [])
    if not is_vendor_status(document):
        read = read_ses_event(document, outside.hash_key)
        return ([], [read]) if isinstance(read, Unmatched) else (read, [])
    status = read_status(document)
    register = outside.shelf.register(status.vendor, status.mailing_id)
    if register is None:
        return [], [Unmatched("unknown_mailing")]
    if status.status == "acknowledged":
        outside.shelf.put(
            status.vendor, status.mailing_id, "acknowledged.json", f'"{status.at.isoformat()}"'.encode()
        )
    return reports_of(status, decode_register(register))


def _hear(inbound: Inbound, outside: Recording) -> str:
    """Do what a received mail asks for; the word it is counted under."""
    customer_id = holder(outside.store, inbound.customer_id, inbound.contact)
    profile = outside.store.read_profile(customer_id).profile
    past = next((past for past in profile.contacts if past.contact == inbound.contact), None)
    if inbound.kind == "machine":
        return "mail_of_a_program"
    if inbound.kind == "unsubscribe":
        # A contact that the profile has forgotten: whoever asks to be left alone is left alone by all divisions.
        division = past.division if past else "*"
        proof = f"mail to the unsubscribe address of contact {inbound.contact}"
        withdraw(outside.store, profile.customer_id, "marketing", "email", division, inbound.when, proof)
        return "unsubscribed_by_mail"
    if past is None:
        return "unknown_contact"
    reply = Response(
        source="mail", id=inbound.id, when=inbound.when, contact=inbound.contact, division=past.division,
        type="replied", channel="email",
    )  # fmt: skip
    outside.store.append(profile.customer_id, [reply])
    refold(outside.store, profile.customer_id)
    return "reply"


def _listen(reply: TextReply, outside: Recording) -> str:
    """Do what a reply by text asks for: everybody who has the number gets no more marketing by text."""
    if not reply.stops:
        return "text_reply"
    holders = outside.holders_of(reply.number)
    for customer_id in holders:
        proof = f"text message {reply.id}"
        withdraw(outside.store, customer_id, "marketing", "sms", "*", reply.when, proof)
    return "stopped_by_text" if holders else "unknown_number"


def _write(report: Report, outside: Recording) -> bool:
    """Write one report and what follows; False where nobody has such a contact (erased meanwhile, or never had)."""
    feedback = report.feedback
    profile = apply_feedback(outside.store, report.customer_id, feedback, outside.clock())
    if profile is None:
        return False
    if report.withdraws:
        withdraw(
            outside.store, profile.customer_id, "marketing", "email", "*", feedback.when,
            f"complaint on {feedback.contact}",
        )  # fmt: skip
    return True
