"""The certificate of an erasure, and the list of those that somebody has still to carry out; both in the lake.

`outcomes/erasures/{customer_id}.json` is the certificate and stays; `outcomes/erasing/{customer_id}` is there while work is left.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from courtesy.errors import NotFound
from courtesy.ports import Lake

CERTIFICATES = "outcomes/erasures/"
ASKED = "outcomes/erasing/"
EVERYBODY = "everybody"
"""The name under which the round over all certificates is asked for."""

REMAINS = (
    "keyed hashes of record names and exact keys, so that a later file brings nothing back",
    "the customer's id with the standing `erasure`",
    "names of source records with hashes of their rows, so that unchanged rows are not read again",
    "beside staged rows, until they expire: the customer's id with keyed hashes of record names, so that a load that died is cleared",
    "old versions of what was deleted, for 30 days",
    "mail and print that has left the house",
)
"""What an erasure leaves, in words for the person."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about one erasure; it holds no personal data.

    ids:      the customer's id and those that its records would have had alone or in earlier clusters
    hashes:   the keyed hashes that stay
    done:     what -> how many were removed, all runs together
    status:   `running`; `waiting` for the print vendor's answer on `pieces`; `done`
    looked, objects: of how many objects in the buckets how many were looked through; after: the last of them
    runs:     how often it came to its end; the second is that of the following night
    """

    customer_id: str
    requested: datetime
    by: str
    rulebook: int
    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    done: dict[str, int]
    status: Literal["running", "waiting", "done"] = "running"
    pieces: int = 0
    runs: int = 0
    finished: datetime | None = None
    remains: tuple[str, ...] = REMAINS
    looked: int = 0
    objects: int = 0
    after: str = ""


def certificate_of(lake: Lake, customer_id: str) -> Certificate:
    """The certificate of a customer's erasure. Raises NotFound where there was none."""
    try:
        return msgspec.json.decode(lake.get(_path(customer_id)), type=Certificate)
    except NotFound:
        raise NotFound(f"customer {customer_id} was never erased") from None


def certificates(lake: Lake) -> list[Certificate]:
    """All that were ever begun."""
    return [msgspec.json.decode(lake.get(path), type=Certificate) for path in lake.list(CERTIFICATES)]


def write_certificate(certificate: Certificate, lake: Lake) -> None:
    """Put the certificate in its place."""
    lake.put(_path(certificate.customer_id), msgspec.json.format(msgspec.json.encode(certificate), indent=1))


def ask_for(lake: Lake, customer_id: str, by: str) -> None:
    """Ask for an erasure's work (or for the round over `EVERYBODY`); asking twice is asking once."""
    lake.put(ASKED + customer_id, by.encode())


def asked_for(lake: Lake) -> dict[str, str]:
    """Whose work is left -> who asked for it."""
    return {path.removeprefix(ASKED): lake.get(path).decode() for path in lake.list(ASKED)}


def settle_asked(lake: Lake, customer_ids: Iterable[str]) -> None:
    """Take them off the list: nothing is left to be done now."""
    for customer_id in customer_ids:
        lake.delete(ASKED + customer_id)


def _path(customer_id: str) -> str:
    return f"{CERTIFICATES}{customer_id}.json"
