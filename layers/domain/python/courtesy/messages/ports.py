"""What sending asks of the outside: a mailer that sends once, and a place where mailings stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from courtesy.outcomes import Commit

if TYPE_CHECKING:
    from courtesy.messages.blocks import DealerBlocks


@dataclass(frozen=True)
class Mail:
    """One e-mail to one recipient.

    from_name, from_address: the sender as shown; tags: ids that come back with every event; unsubscribe: the one-click URL,
    empty for what nobody can unsubscribe from; unsubscribe_to: the same by mail; reply_to: where replies are read
    pictures: name -> PNG, parts of the mail that its HTML shows as `cid:<name>`
    """

    from_name: str
    from_address: str
    to: str
    subject: str
    html: str
    text: str
    tags: dict[str, str]
    unsubscribe: str = ""
    unsubscribe_to: str = ""
    reply_to: str = ""
    division: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """The provider took the mail."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """The provider certainly did not take the mail; `retryable`: it may another time (rate, paused account)."""

    reason: str
    retryable: bool


@dataclass(frozen=True)
class Ambiguous:
    """Nobody knows whether the provider took the mail; it must not be sent again."""

    reason: str


MailOutcome = Accepted | Refused | Ambiguous


class Mailer(Protocol):
    """Sends one mail at most once per call; never repeats by itself."""

    def ready(self) -> bool:
        """Whether there is time left to send a mail and to write down how it ended; ask before claiming."""
        ...

    def send(self, mail: Mail) -> MailOutcome:
        """What became of the mail. Raises nothing for anything that the provider or the network does."""
        ...


@dataclass(frozen=True)
class TextMessage:
    """One text message to one number (E.164). tags: ids that come back with every event; marketing: promotional or not."""

    to: str
    text: str
    tags: dict[str, str]
    marketing: bool


class Texter(Protocol):
    """Sends one text message at most once per call; never repeats by itself. Answers as a mailer does."""

    def ready(self) -> bool:
        """See `Mailer.ready`."""
        ...

    def send(self, message: TextMessage) -> MailOutcome:
        """See `Mailer.send`."""
        ...


class MailingShelf(Protocol):
    """Where the artefacts of mailings stand: `mailings/{vendor}/{mailing_id}/...` in the lake."""

    def put_piece(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        """Store a piece's file; its name holds its checksum, so storing it twice changes nothing."""
        ...

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        """Fix the mailing's register for good: store `content` if there is none yet; what stands is returned either way."""
        ...

    def register(self, vendor: str, mailing_id: str) -> bytes | None:
        """The register that `close` fixed, None where the mailing is still open."""
        ...

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        """Store another file of the mailing, made from the register alone, so that storing it twice changes nothing."""
        ...


class BlockStore(Protocol):
    """Dealers' own words: one document for each dealer."""

    def read(self, dealer: str) -> "tuple[DealerBlocks, int]":
        """The dealer's blocks, read consistently, and the version that a write must name; none and 0 where there are none."""
        ...

    def write(self, blocks: "DealerBlocks", version: int) -> Commit:
        """Write on condition that the stored document still has `version`. `committed` or `conflict`."""
        ...

    def every(self) -> "list[DealerBlocks]":
        """The blocks of all dealers that have any, by dealer."""
        ...
