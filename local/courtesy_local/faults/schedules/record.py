"""The outside record: what really left, what was really withdrawn, opened and united, each with its place in time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Sent(NamedTuple):
    """A mail that SES took or a piece that the vendor printed. `record`: the person record whose address it went to."""

    seq: int
    at: datetime
    contact: str
    customer: str
    record: str
    channel: str


class Claim(NamedTuple):
    """A contact went to `sending`."""

    seq: int
    at: datetime


@dataclass
class Record:
    """What a judge may look at beside the stores."""

    sent: list[Sent] = field(default_factory=list)
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    united: int = 0
    """When the merge was confirmed, 0 never."""
    parted: int = 0
    """When the split was begun, 0 never."""
    returned: set[str] = field(default_factory=set)
    """Contacts whose slot came back: bounced for good, or rejected by the vendor."""
    told: set[str] = field(default_factory=set)
    """Contacts of which at least one report of delivery was delivered to us."""
    bought: list[tuple[str, str]] = field(default_factory=list)
    """(person record, id of the purchase)."""
    unended: list[str] = field(default_factory=list)
    """What never came to an end."""

    def claim_of(self, sent: Sent) -> Claim:
        """The claim under which something left; the leaving itself where there was none."""
        before = [claim for claim in self.claims.get(sent.contact, ()) if claim.seq < sent.seq]
        return before[-1] if before else Claim(sent.seq, sent.at)
