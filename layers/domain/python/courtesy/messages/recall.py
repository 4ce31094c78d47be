"""Recall: pieces that wait at the print vendor are asked back when a case opens or a permission is withdrawn.

What stops a contact marks its piece (`settle.stopping`) in the same transaction. The next run asks the vendor, and asks
again each hour until the vendor says that the piece was stopped (`rejected`) or has left (`mailed`), or the time for it is
over. A piece that was stopped ends as refused, and its slot comes back.
"""

from datetime import datetime, timedelta

import msgspec

from courtesy.decisions.settle import PRINTED, RECALLABLE, answered
from courtesy.messages.mailing import recall
from courtesy.messages.rules import MessageRules
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Queue
from courtesy.timeline.events import Contact

AGAIN = timedelta(hours=1)
"""How long a vendor has to answer before it is asked once more."""

AT_ONCE = 500
"""Pieces of a channel that one run looks at, at most."""


class Recalled(msgspec.Struct, frozen=True):
    """What one run did, pieces each: asked back, found answered, given up, left to the next run."""

    asked: int = 0
    answered: int = 0
    given_up: int = 0
    contested: int = 0


def recall_pieces(store: CustomerStore, vendor_queue: Queue, rules: MessageRules, now: datetime) -> Recalled:
    """Ask the vendors for the pieces that are to be recalled; one message for each mailing.

    The question goes out before it is written down, so a crash asks twice. Raises OutsideFailed.
    """
    done = {"asked": 0, "answered": 0, "given_up": 0, "contested": 0}
    for channel in sorted(PRINTED):
        vendor = rules.printer_of(channel)
        mailings: dict[str, list[tuple[str, Contact]]] = {}
        for customer_id, contact in store.due(channel, now, AT_ONCE):
            if contact.state is not ContactState.SENT:
                continue
            if answered(contact, store.read_timeline(customer_id)):
                done[_mark(store, customer_id, contact, "answered", now)] += 1
            elif not vendor or contact.sent is None or contact.sent + RECALLABLE <= now:
                done[_mark(store, customer_id, contact, "given_up", now)] += 1
            else:
                mailings.setdefault(contact.mailing, []).append((customer_id, contact))
        if mailings:
            vendor_queue.send(
                [recall(vendor, channel, id_, (c.id for _, c in pieces)) for id_, pieces in mailings.items()]
            )
        for pieces in mailings.values():
            for customer_id, contact in pieces:
                done[_mark(store, customer_id, contact, "asked", now)] += 1
    return Recalled(**done)


def _mark(store: CustomerStore, customer_id: str, contact: Contact, word: str, now: datetime) -> str:
    after = msgspec.structs.replace(contact, recall=word, due=now + AGAIN)
    moved = store.move_contact(customer_id, after, contact.state, contact.claim)
    return word if moved == "committed" else "contested"
