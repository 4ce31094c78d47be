"""Which records are worth comparing: the entries of the identity index under which a record is filed.

An entry is `kind:value`. Two records are compared when they share an entry that has power: *exact keys* (e-mail, phone,
document, loyalty number) and *blocks*, pairs of things that seldom change together (how a name sounds with a birthday, with
a postcode, with a street ...). Names are filed without saying which is the surname, so exchanged names still meet. A
single slip of the pen spoils the blocks of one field; the blocks of every other pair of fields remain.
"""

import re
from functools import lru_cache
from typing import Final

from courtesy.identity.home import household_of
from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits
from courtesy.identity.words import STREET_TYPES

EXACT: Final = frozenset({"email", "phone", "id", "loyalty", "vin"})
"""Kinds of entry whose value means one holder; they lose their power by the number of distinct holders."""

_NOT_LETTER = re.compile(r"[^a-z]+")


@lru_cache(maxsize=16384)
def entries_of(t: Traits) -> tuple[str, ...]:
    """The entries of a record, `kind:value`, without repetition; none for a record without traits."""
    names = name_sounds(t)
    street = _main_word(t.street)
    place = sound(_main_word(t.city))
    filed: dict[str, None] = {}

    def file(kind: str, *values: str) -> None:
        if all(values):
            filed[":".join((kind, *values))] = None

    file("email", t.email)
    file("phone", t.phone)
    file("id", t.national_id)
    for key in t.keys:
        filed[key] = None
    if t.email:
        file("local", _NOT_LETTER.sub("", t.email.partition("@")[0]))
    if len(names) > 1:
        file("names", *names)
    for name in names:
        file("nb", name, t.born)
        file("np", name, t.postcode)
        file("ns", name, street)
        file("nc", name, place, t.number or "-")
        file("nm", name, t.born[4:8])
        file("ny", name, t.born[:4], place)
    file("home", household_of(t))
    file("b", t.born)
    file("bp", t.born[:4], t.postcode)
    file("hs", t.number, street)
    file("hp", t.number, t.postcode)
    file("sp", street, t.postcode)
    file("a2", sound(_main_word(t.address2)), place)
    return tuple(filed)


def name_sounds(t: Traits) -> tuple[str, ...]:
    """How the first name and the surname sound, in alphabetical order; what is missing is left out."""
    sounds = {sound(token) for token in (_longest(t.given), _longest(t.surname)) if token}
    return tuple(sorted(sounds - {""}))


def _longest(tokens: str) -> str:
    return max(tokens.split(), key=len, default="")


def _main_word(tokens: str) -> str:
    """How the first word sounds that is neither a number nor a street's type."""
    for token in tokens.split():
        if token not in STREET_TYPES and not token.isdigit():
            return token
    return ""
