"""Record feedback: one record of a feedback queue in, its reports on the customers' timelines, what follows done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courtesy.decisions.settle import apply_feedback
from courtesy.messages.feedback import Report, Unmatched, read_ses_event, unwrap
from courtesy.messages.mailing import decode_register
from courtesy.messages.ports import MailingShelf
from courtesy.messages.vendor_status import is_vendor_status, read_status, reports_of
from courtesy.ports import CustomerStore
from courtesy.privacy.withdraw import withdraw


@dataclass(frozen=True)
class Recording:
    """What recording needs of the outside."""

    store: CustomerStore
    shelf: MailingShelf
    hash_key: bytes
    clock: Callable[[], datetime]


def record_feedback(record: Mapping[str, Any], outside: Recording) -> dict[str, int]:
    """Write what one record of a Lambda event reports; how many reports of each kind, unmatched ones by reason.

    Again, or in any order: the same end. Raises RefusedInput where the message is none of ours, Conflict, OutsideFailed.
    """
    counted: dict[str, int] = {}

    def count(name: str) -> None:
        counted[name] = counted.get(name, 0) + 1

    for document in unwrap(record):
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
