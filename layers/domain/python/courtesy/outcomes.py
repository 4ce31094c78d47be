"""The closed sets of outcomes: how a row, a file, a candidate and a contact can end."""

from enum import StrEnum
from typing import Literal


class FileOutcome(StrEnum):
    """How a file ends."""

    LOADING = "loading"
    LOADED = "loaded"
    REPEATED = "repeated"
    """The same bytes of the same source were applied before."""
    REFUSED = "refused"


class FileRefusal(StrEnum):
    """Why a file was refused as a whole; nothing of it is loaded."""

    UNKNOWN_SOURCE = "unknown_source"
    KEY_OUTSIDE_LAYOUT = "key_outside_layout"
    FILE_NAME = "file_name"
    """The contract's `file` or `file_date` does not take the name."""
    MISSING = "missing"
    """The object was deleted before it was read."""
    EMPTY_FILE = "empty_file"
    FOLDER_MARKER = "folder_marker"
    NOT_GZIP = "not_gzip"
    BROKEN_GZIP = "broken_gzip"
    TOO_LARGE = "too_large"
    ABSURD_RATIO = "absurd_ratio"
    ENCODING = "encoding"
    HEADER = "header"
    NOT_PARQUET = "not_parquet"


class DecisionOutcome(StrEnum):
    """How a candidate ends; `proposed = reserved + held + suppressed + control`."""

    RESERVED = "reserved"
    HELD = "held"
    """Not now; competes again until the trigger's `useful for` runs out."""
    SUPPRESSED = "suppressed"
    """Not at all for this occurrence."""
    CONTROL = "control"


class Reason(StrEnum):
    """Why a candidate was held or suppressed, one word each; the explanation adds the figures."""

    # suppressed: permission and person
    PERMISSION_WITHDRAWN = "permission_withdrawn"
    PERMISSION_NEVER_GIVEN = "permission_never_given"
    OBJECTION = "objection"
    ADDRESS_CLOSED = "address_closed"
    NO_ADDRESS = "no_address"
    DECEASED = "deceased"
    GONE_AWAY = "gone_away"
    UNDER_AGE = "under_age"
    ERASED = "erased"
    RESTRICTED = "restricted"
    BELOW_ZERO_VALUE = "below_zero_value"
    ALREADY_CONTACTED = "already_contacted"
    EXPIRED = "expired"
    OFFER_ENDED = "offer_ended"
    # held: may change by itself
    OPEN_CASE = "open_case"
    BLACKOUT = "blackout"
    CAP = "cap"
    GAP = "gap"
    SLOT_HELD_BACK = "slot_held_back"
    LOST_ARBITRATION = "lost_arbitration"
    BUDGET = "budget"
    OFFER_STOCK = "offer_stock"
    OFFER_RESTING = "offer_resting"
    DATA_IN_DOUBT = "data_in_doubt"
    QUIET_HOURS = "quiet_hours"
    # control
    GLOBAL_CONTROL = "global_control"
    TRIGGER_CONTROL = "trigger_control"
    # reserved
    WITHIN_LAW = "within_law"


class ContactState(StrEnum):
    """The states of a contact; see `timeline.contacts` for the moves between them and which of them count."""

    RESERVED = "reserved"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETURNED = "returned"
    COMPLAINED = "complained"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"


Commit = Literal["committed", "conflict", "exists", "exhausted"]
"""How a conditional transaction ended: done; the profile, contact or note was not as it was read; the new item was there
already; a counter stands at its limit."""
