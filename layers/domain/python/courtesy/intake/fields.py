"""The canonical fields that a source contract maps columns to, with their types and meaning."""

from typing import Literal, NamedTuple

FieldType = Literal[
    "text", "integer", "decimal", "money", "date", "timestamp", "boolean", "email", "phone", "country"
]
"""What a value is converted to and checked as.

text: as it stands; integer; decimal: a number; money: integer minor units; date: ISO date (text); timestamp: an instant
(UTC, ISO text); boolean; email: has the shape of an address; phone: has digits enough; country: ISO-2 letters.
E-mail and phone are brought into one form later, row by row, by `identity.normalise`.
"""

RecordKind = Literal["person", "transaction", "interaction", "case", "permission", "asset", "response"]


class Field(NamedTuple):
    """A canonical field: the type it has on the timeline, and what it means."""

    type: FieldType
    meaning: str
    allowed: tuple[str, ...] = ()
    required: bool = False


PERSON_FIELDS: dict[str, Field] = {
    "given_name": Field("text", "first name or names"),
    "surname": Field("text", "family name"),
    "name": Field("text", "whole name, where the source does not tell its parts"),
    "title": Field("text", "form of address: Mr, Dr ..."),
    "company": Field("text", "name of the company"),
    "date_of_birth": Field("date", "ISO date"),
    "gender": Field("text", "as the source has it"),
    "email": Field("email", "e-mail address"),
    "phone": Field("phone", "telephone number; E.164 after normalisation"),
    "street_number": Field("text", "house number, where it stands apart"),
    "address1": Field("text", "street, with house number unless it stands apart"),
    "address2": Field("text", "second address line"),
    "city": Field("text", "town or suburb"),
    "postcode": Field("text", "postal code, always text"),
    "state": Field("text", "state or province"),
    "country": Field("country", "ISO 3166 alpha-2"),
    "language": Field("text", "ISO 639-1"),
    "time_zone": Field("text", "IANA name"),
    "national_id": Field("text", "social security or tax number"),
    "loyalty_no": Field("text", "number in the loyalty programme"),
    "vin": Field("text", "number of the person's vehicle; with the surname an exact key"),
    "dealer": Field("text", "id of the dealer who looks after the person"),
    "deceased": Field("boolean", "the person has died"),
    "gone_away": Field("boolean", "no longer lives at the postal address"),
}

_DIVISION = Field("text", "line of business")
_DEALER = Field("text", "dealer id")
_TIME = "instant, UTC"

EVENT_FIELDS: dict[str, dict[str, Field]] = {
    "person": PERSON_FIELDS,
    "transaction": {
        "division": _DIVISION,
        "type": Field("text", "kind of transaction", ("purchase", "service", "order", "return")),
        "amount": Field("money", "minor units, negative for a return"),
        "currency": Field("text", "ISO 4217"),
        "quantity": Field("integer", "pieces"),
        "dealer": _DEALER,
        "asset": Field("text", "VIN or contract number it is about"),
        "item": Field("text", "what was bought"),
    },
    "interaction": {
        "division": _DIVISION,
        "channel": Field("text", "call, visit, chat ...", required=True),
        "topic": Field("text", "what it was about"),
        "dealer": _DEALER,
        "weight": Field("decimal", "how much it counts for pressure"),
    },
    "case": {
        "division": _DIVISION,
        "type": Field("text", "kind of case", ("complaint", "dispute", "recovery")),
        "status": Field("text", "whether it is open", ("open", "closed")),
        "nature": Field("text", "what it is about"),
        "severity": Field("integer", "1 is least"),
        "opened": Field("timestamp", _TIME),
        "closed": Field("timestamp", _TIME),
    },
    "permission": {
        "division": _DIVISION,
        "purpose": Field("text", "marketing, service ...; * stands for all", required=True),
        "channel": Field("text", "email, letter ...; * stands for all", required=True),
        "status": Field("text", "what was said", ("granted", "withdrawn"), required=True),
        "proof": Field("text", "where and how it was given"),
    },
    "asset": {
        "division": _DIVISION,
        "type": Field("text", "kind of asset", ("vehicle", "lease", "contract")),
        "model": Field("text", "model"),
        "started": Field("timestamp", _TIME),
        "ends": Field("timestamp", _TIME),
        "dealer": _DEALER,
        "status": Field("text", "whether the customer still has it", ("held", "gone")),
    },
    "response": {
        "division": _DIVISION,
        "contact": Field("text", "contact id it answers"),
        "offer": Field("text", "offer code"),
        "type": Field(
            "text",
            "what the customer did",
            (
                "visited",
                "clicked",
                "replied",
                "shown",
                "accepted",
                "declined",
                "redeemed",
                "fulfilled",
                "failed",
            ),
            required=True,
        ),
        "channel": Field("text", "where"),
    },
}
"""Per kind of record the fields that its event takes. Units and meanings as in `timeline.events`."""

CUSTOM = "custom."
"""Prefix of attributes that a source declares itself; they become columns of the attribute catalogue without code."""

CUSTOM_KINDS = frozenset({"person", "transaction", "asset"})
"""Kinds of record whose event carries custom attributes."""


def field_of(kind: str, name: str) -> Field | None:
    """The declaration of a canonical field of a kind of record; None where there is none of that name."""
    if name.startswith(CUSTOM) and len(name) > len(CUSTOM) and kind in CUSTOM_KINDS:
        return Field("text", "declared by the source")
    return EVENT_FIELDS[kind].get(name)
