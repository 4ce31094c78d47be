"""The profile: everything that Courtesy knows of one customer, as one document; made only by `timeline.fold`."""

from datetime import datetime

import msgspec

from courtesy.outcomes import ContactState
from courtesy.timeline.events import Scalar


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A field's surviving value and where it came from; `when`: since when that source says it."""

    value: Scalar
    source: str
    record: str
    when: datetime
    file: str = ""
    line: int = 0


class Occasion(msgspec.Struct, frozen=True, array_like=True):
    """All that a customer bought in one division on one day (UTC) in one currency.

    day: days since 1970-01-01; amount: net minor units, returns included; purchases: transactions that are no returns.
    """

    day: int
    amount: int
    purchases: int
    currency: str


class Ledger(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer's transactions in one division; occasions are sorted by day and currency."""

    occasions: list[Occasion] = []
    last_service: int | None = None
    """Day of the last service visit, days since 1970-01-01."""
    dealer: str = ""
    """Dealer of the latest transaction that names one."""


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """A permission as it stands: the strictest over the person records that make up the customer."""

    purpose: str
    channel: str
    division: str
    status: str
    when: datetime
    source: str
    proof: str = ""


class CaseView(msgspec.Struct, frozen=True, array_like=True):
    """A case as its latest version has it."""

    source: str
    id: str
    division: str
    type: str
    status: str
    nature: str
    severity: int
    opened: datetime
    closed: datetime | None = None


class AssetView(msgspec.Struct, frozen=True, array_like=True):
    """An asset as its latest version has it."""

    source: str
    id: str
    division: str
    type: str
    model: str
    status: str
    started: datetime | None = None
    ends: datetime | None = None
    dealer: str = ""


class PastContact(msgspec.Struct, frozen=True, array_like=True):
    """A contact as pressure sees it. `at`: when it counts (`Contact.planned`, UTC).

    anew: an open case cancelled it before it left, so its occurrence may be decided anew
    household: keyed hash of the household at reservation; code, code_until: of its offer
    """

    contact: str
    trigger: str
    occurrence: str
    category: str
    channel: str
    division: str
    state: ContactState
    at: datetime
    weight: float
    counts: bool
    exempt: bool = False
    offer: str = ""
    household: str = ""
    anew: bool = False
    code: str = ""
    code_until: datetime | None = None


class Inbound(msgspec.Struct, frozen=True, array_like=True):
    """An interaction as pressure sees it."""

    at: datetime
    channel: str
    division: str
    weight: float
    topic: str = ""


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """A response to a contact or an offer."""

    at: datetime
    type: str
    contact: str = ""
    offer: str = ""
    division: str = ""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A customer's segment in one division (or `corporate`) since a date."""

    division: str
    lifecycle: str
    sub_segment: str
    value_tier: str
    since: datetime
    scores: str = ""
    value: int = 0
    rulebook: int = 0


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one customer's timeline amounts to; a pure function of its set of events.

    values: surviving value per canonical field; subjects: the person records ("source/id") it is made of;
    ledgers: per division; closed: channel -> keyed hashes of addresses that a hard bounce or complaint closed;
    household: one name for all customers of one surname at one postal address, empty where it is not known (`identity.home`);
    merged_into: the surviving customer, where this one redirects; merging: a merge or split is under way, nobody may be
    contacted.
    """

    customer_id: str
    values: dict[str, Known] = {}
    subjects: list[str] = []
    records: int = 0
    ledgers: dict[str, Ledger] = {}
    permissions: list[Standing] = []
    cases: list[CaseView] = []
    assets: list[AssetView] = []
    contacts: list[PastContact] = []
    inbound: list[Inbound] = []
    replies: list[Reply] = []
    places: dict[str, Place] = {}
    closed: dict[str, list[str]] = {}
    privacy: list[str] = []
    household: str = ""
    merged_into: str = ""
    merging: bool = False

    def text(self, field: str) -> str:
        """The surviving value of `field` as text, empty where it is not known."""
        known = self.values.get(field)
        return "" if known is None else str(known.value)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Profile)


def encode_profile(profile: Profile) -> bytes:
    """The profile as one JSON document; equal profiles give equal bytes."""
    return _encoder.encode(profile)


def decode_profile(document: bytes) -> Profile:
    """The profile of a document made by `encode_profile`. Raises msgspec.ValidationError when it is none."""
    return _decoder.decode(document)
