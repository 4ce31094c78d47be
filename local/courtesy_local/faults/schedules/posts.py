"""Queues, SES and a print vendor of one world: at least once, in any order, accepting and then failing, late or never telling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from courtesy.messages.mailing import decode_register
from courtesy.messages.ports import Accepted, Ambiguous, Mail, MailOutcome, Refused
from courtesy.messages.vendor_status import STATUS
from courtesy_local.faults.schedules.objects import Shelf
from courtesy_local.faults.schedules.record import Record, Sent
from courtesy_local.faults.schedules.stage import Stage

TWICE = 0.1
"""Share of messages that are delivered a second time although their work was done."""


@dataclass(eq=False)
class Letter:
    """A message in a queue; `copies`: how often it will be delivered even if its work is done."""

    queue: str
    body: bytes
    copies: int = 1


@dataclass
class Post:
    """All queues: what waits in no order."""

    stage: Stage
    waiting: list[Letter] = field(default_factory=list)

    def put(self, queue: str, body: bytes) -> None:
        """A message arrives."""
        twice = self.stage.trouble and self.stage.rng.random() < TWICE
        self.waiting.append(Letter(queue, body, 2 if twice else 1))

    def take(self) -> Letter:
        """Any of the messages; now and then it stays visible while it is worked on."""
        rng = self.stage.rng
        n = int(rng.random() * len(self.waiting))
        letter = self.waiting[n]
        if self.stage.trouble and rng.random() < TWICE / 2:
            return Letter(letter.queue, letter.body)
        self.waiting[n] = self.waiting[-1]
        self.waiting.pop()
        return letter

    def done(self, letter: Letter, well: bool) -> None:
        """Delete a message, or let it come again."""
        letter.copies -= well
        if letter.copies > 0:
            self.waiting.append(letter)


class Queue:
    """`ports.Queue`."""

    def __init__(self, name: str, post: Post) -> None:
        self._name, self._post = name, post

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:  # noqa: ARG002 - the order is the seed's anyway
        self._post.stage.batch([partial(self._post.put, self._name, bytes(body)) for body in bodies])


class Ses:
    """`messages.ports.Mailer`, and what SES tells afterwards."""

    def __init__(self, stage: Stage, record: Record, post: Post, record_of: Callable[[str], str]) -> None:
        self._stage, self._record, self._post, self._record_of = stage, record, post, record_of

    def ready(self) -> bool:
        return True

    def send(self, mail: Mail) -> MailOutcome:
        return self._stage.call(partial(self._send, mail))

    def _send(self, mail: Mail) -> MailOutcome:
        rng, trouble = self._stage.rng, self._stage.trouble * 3
        if rng.random() >= trouble:
            return Accepted(self._accept(mail))
        draw = rng.random()
        if draw < 0.25:
            return Refused("Throttling", retryable=True)
        if draw < 0.35:
            return Refused("MessageRejected", retryable=False)
        if draw < 0.7:
            self._accept(mail)
            return Ambiguous("ReadTimeout")
        return Ambiguous("ConnectionClosed")

    def _accept(self, mail: Mail) -> str:
        contact = mail.tags["contact"]
        sent = Sent(
            self._stage.mark(),
            self._stage.now,
            contact,
            mail.tags["customer"],
            self._record_of(mail.to),
            "email",
        )
        self._record.sent.append(sent)
        id_ = f"ses-{sent.seq}"
        self._tell("Send", "send", mail, id_, {})
        draw = self._stage.rng.random()
        if draw < 0.08:
            self._record.returned.add(contact)
            self._tell("Bounce", "bounce", mail, id_, {"bounceType": "Permanent"})
            return id_
        if draw < 0.12:
            self._tell("Bounce", "bounce", mail, id_, {"bounceType": "Transient"})
            return id_
        self._tell("Delivery", "delivery", mail, id_, {})
        if draw < 0.16:
            self._tell("Complaint", "complaint", mail, id_, {"complaintFeedbackType": "abuse"})
        return id_

    def _tell(self, kind: str, member: str, mail: Mail, id_: str, more: dict[str, str]) -> None:
        lost = self._stage.trouble and self._stage.rng.random() < 0.05
        if lost:
            self._record.returned.discard(mail.tags["contact"])
            return
        at = self._stage.now.isoformat()
        about: dict[str, object] = {"timestamp": at, "messageId": id_, "destination": [mail.to]}
        about |= {"tags": {name: [value] for name, value in mail.tags.items()}}
        if kind == "Delivery":
            self._record.told.add(mail.tags["contact"])
        told = {"eventType": kind, "mail": about, member: {"timestamp": at, **more}}
        self._post.put("feedback", msgspec.json.encode(told))


class Printer:
    """The print vendor: knows its mailings by their ids, prints each once, and reports."""

    def __init__(self, stage: Stage, record: Record, post: Post, shelf: Shelf) -> None:
        self._stage, self._record, self._post, self._shelf = stage, record, post, shelf
        self._known: set[str] = set()

    def receive(self, body: bytes, record_of: Callable[[str], str]) -> None:
        """An announcement arrives."""
        told = msgspec.json.decode(body)
        vendor, mailing_id = told["vendor"], told["mailing_id"]
        if mailing_id in self._known:
            return
        self._known.add(mailing_id)
        register = decode_register(self._shelf.registers[vendor, mailing_id])
        rng = self._stage.rng
        mailed, rejected = [], []
        for piece in register.pieces:
            if rng.random() < 0.08:
                rejected.append({"piece_id": piece.id, "code": "address"})
                continue
            mailed.append({"piece_id": piece.id})
            self._record.sent.append(
                Sent(
                    self._stage.mark(), self._stage.now, piece.id, piece.customer_id, record_of(piece.to.line1),
                    register.channel,
                )
            )  # fmt: skip
        self._tell(vendor, mailing_id, "acknowledged", [])
        if mailed:
            self._tell(vendor, mailing_id, "mailed", mailed)
        if rejected and self._tell(vendor, mailing_id, "rejected", rejected):
            self._record.returned.update(piece["piece_id"] for piece in rejected)

    def _tell(self, vendor: str, mailing_id: str, status: str, pieces: list[dict[str, str]]) -> bool:
        if self._stage.trouble and self._stage.rng.random() < 0.05:
            return False
        report = {
            "schema": STATUS,
            "vendor": vendor,
            "mailing_id": mailing_id,
            "status": status,
            "pieces": pieces,
        }
        self._post.put("feedback", msgspec.json.encode(report | {"at": self._stage.now.isoformat()}))
        return True
