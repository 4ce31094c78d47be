"""Two records field by field: which level of agreement each pair of values has (Fellegi and Sunter, 1969)."""

from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits
from courtesy.identity.words import FULL_FORMS, GIVEN_NAMES, SHORT_FORMS

Levels = dict[str, str]
"""Field -> level; fields that one of the two records does not have are left out."""


def levels_of(a: Traits, b: Traits) -> Levels:
    """The level of agreement of every field that both records have. Symmetric."""
    levels: Levels = {}
    _names(a, b, levels)
    if a.born and b.born:
        levels["born"] = born_level(a.born, b.born)
    if a.number and b.number:
        levels["number"] = _number_level(a.number, b.number)
    if a.street and b.street:
        levels["street"] = _words_level(a.street, b.street)
    if a.address2 and b.address2:
        levels["address2"] = _words_level(a.address2, b.address2)
    if levels.get("street", "different") == "different" and (a.address2 or b.address2):
        _crossed_lines(a, b, levels)
    if a.city and b.city:
        levels["city"] = _words_level(a.city, b.city)
    if a.postcode and b.postcode:
        levels["postcode"] = _slip_level(a.postcode, b.postcode)
    if a.state and b.state:
        levels["state"] = "exact" if a.state == b.state else "different"
    if a.email and b.email:
        level = email_level(a.email, b.email)
        # Where a mailbox is named after its owner, half an agreement says no more than the names.
        if level not in ("local", "close") or not (_named_after(a) or _named_after(b)):
            levels["email"] = level
    if a.phone and b.phone:
        levels["phone"] = _slip_level(a.phone, b.phone)
    if a.national_id and b.national_id:
        levels["national_id"] = _slip_level(a.national_id, b.national_id)
    if a.keys and b.keys and not set(a.keys).isdisjoint(b.keys):
        levels["keys"] = "exact"
    if a.generation != b.generation:
        levels["generation"] = "different" if a.generation and b.generation else "untold"
    return levels


def _crossed_lines(a: Traits, b: Traits, levels: Levels) -> None:
    """Address lines that stand the other way round in one of the records; one that has no counterpart there says nothing."""
    lines = ((a.street, b.address2), (a.address2, b.street))
    crossed = sorted(
        (
            level
            for one, two in lines
            if one and two and (level := _words_level(one, two)) in ("exact", "close")
        ),
        reverse=True,
    )
    if crossed:
        levels["street"] = crossed[0]
        levels.pop("address2", None)
        if len(crossed) > 1:
            levels["address2"] = crossed[1]


def _second_level(a: str, b: str) -> str:
    """Level of second given names where both have one; an initial stands for any name that begins so."""
    one, two = a.split()[1:2], b.split()[1:2]
    if not (one and two):
        return ""
    return "different" if _given_token(one[0], two[0]) == "different" else "exact"


class _Scale(NamedTuple):
    """How good a level is when the two ways of pairing names are weighed against each other."""

    given: dict[str, int]
    surname: dict[str, int]


_SCALE = _Scale(
    {"exact": 7, "close": 5, "short": 5, "sound": 3, "initial": 2, "near": 1, "different": -6},
    {"exact": 9, "close": 7, "part": 5, "sound": 4, "near": 1, "different": -5},
)


def _names(a: Traits, b: Traits, levels: Levels) -> None:
    straight = _pairing(a.given, b.given, a.surname, b.surname)
    crossed = _crossing(a.given, b.surname, a.surname, b.given)
    chosen = straight
    if crossed and _score(crossed) > _score(straight) + 2:
        chosen = crossed
        levels["order"] = "exchanged"
    given, surname = chosen
    if given:
        levels["given"] = given
        if (
            chosen is straight
            and given in ("exact", "close", "short", "sound")
            and (second := _second_level(a.given, b.given))
        ):
            levels["middle"] = second
    if surname:
        levels["surname"] = surname


def _pairing(g1: str, g2: str, s1: str, s2: str) -> tuple[str, str]:
    return (given_level(g1, g2) if g1 and g2 else ""), (surname_level(s1, s2) if s1 and s2 else "")


def _crossing(g1: str, s2: str, s1: str, g2: str) -> tuple[str, str] | None:
    """Names exchanged between the columns; a level counts only where it is close, so chance is kept out."""
    first = surname_level(g1, s2) if g1 and s2 else ""
    second = surname_level(s1, g2) if s1 and g2 else ""
    if not (first and second):
        # one word alone that is the other's other name is the family's name more likely than a given name
        return ("", first or second) if first or second else None
    one, two = ({"part": "close"}.get(level, level) for level in (first, second))
    # nobody knows which of the two is the family's name: the worse agreement is taken for the given name's
    return (one, two) if _SCALE.surname[one] < _SCALE.surname[two] else (two, one)


def _score(pair: tuple[str, str]) -> int:
    given, surname = pair
    return (_SCALE.given[given] if given else 0) + (_SCALE.surname[surname] if surname else 0)


@lru_cache(maxsize=1 << 18)
def given_level(a: str, b: str) -> str:
    """Level of two given names; second given names are looked at only where the first do not agree."""
    if a == b:
        return "exact"
    one, two = a.split(), b.split()
    if one[0] == two[0]:
        return "exact"
    best = _given_token(one[0], two[0])
    if best == "different" and (len(one) > 1 or len(two) > 1):
        crossed = any(_given_token(x, y) in ("exact", "close", "short") for x in one for y in two)
        if crossed:
            return "near"
    return best


def _given_token(a: str, b: str) -> str:
    if a == b:
        return "exact"
    if len(a) == 1 or len(b) == 1:
        return "initial" if a[0] == b[0] else "different"
    groups = SHORT_FORMS.get(a)
    if groups and (common := groups & SHORT_FORMS.get(b, frozenset())):
        # Bob and Rob may be one Robert, but Lisa and Betty may be sisters
        return "short" if any(FULL_FORMS[number] in (a, b) for number in common) else "sound"
    likeness = _likeness(a, b)
    if a in GIVEN_NAMES and b in GIVEN_NAMES:
        # Karl and Karla, Mark and Mary are two names, not one with a slip
        return "near" if likeness == "close" else "different"
    if likeness == "close" and a.rstrip(_ENDINGS) == b.rstrip(_ENDINGS):
        return "near"  # Martin and Martina, Mario and Maria: an ending tells brother from sister
    # Na and Min, Mia and Noa have one consonant, and that is no likeness
    return "sound" if likeness == "different" and len(code := sound(a)) > 1 and code == sound(b) else likeness


_ENDINGS = "aeio"


@lru_cache(maxsize=1 << 18)
def surname_level(a: str, b: str) -> str:
    """Level of two surnames; of double names one common part is `part`."""
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return "exact"
    one, two = set(a.split()), set(b.split())
    if (len(one) > 1 or len(two) > 1) and any(len(token) > 3 for token in one & two):
        return "part"
    likeness = _likeness(a, b)
    if likeness in ("different", "near") and min(len(a), len(b)) > 2 and sound(a) == sound(b):
        return "sound"
    return likeness


@lru_cache(maxsize=1 << 18)
def _likeness(a: str, b: str) -> str:
    """`close`: one slip (two in longer words); `near`: alike enough to be the same word, badly written."""
    if not (a.isalpha() and b.isalpha()) and _numbered(a, b):
        return "different"
    slips = OSA.distance(a, b, score_cutoff=3)
    shorter = min(len(a), len(b))
    if slips <= (1 if shorter < 6 else 2) and shorter > 2:
        return "close"
    likeness = JaroWinkler.similarity(a, b, score_cutoff=0.82)
    if likeness >= 0.92 and shorter > 3:
        return "close"
    return "near" if likeness >= 0.82 or (slips <= 3 and shorter >= 7) else "different"


@lru_cache(maxsize=1 << 16)
def born_level(a: str, b: str) -> str:
    """Level of two dates YYYYMMDD: one slip or day and month exchanged; two slips; one part differs; else different."""
    if a == b:
        return "exact"
    slips = OSA.distance(a, b)
    if slips == 1 or (a[:4] == b[:4] and a[4:6] == b[6:8] and a[6:8] == b[4:6]):
        return "slip"
    if slips == 2:
        return "near"
    if len(a) == len(b) == 8 and a.isdigit() and b.isdigit() and _about(a, b):
        return "part"
    if a[:4] == b[:4] and "0101" in (a[4:], b[4:]):
        return "part"  # of one only the year was known
    same = (a[:4] == b[:4]) + (a[4:6] == b[4:6]) + (a[6:8] == b[6:8])
    return "part" if same == 2 else "different"


def _about(a: str, b: str) -> bool:
    """Whether two dates are about the same: year (or its decade) and month at most one apart, the day at most three."""
    years, months, days = (abs(int(a[s]) - int(b[s])) for s in (slice(4), slice(4, 6), slice(6, 8)))
    return (years <= 1 or years == 10) and months <= 1 and days <= 3


@lru_cache(maxsize=1 << 16)
def _number_level(a: str, b: str) -> str:
    if a == b:
        return "exact"
    return "close" if set(a.split()) & set(b.split()) or OSA.distance(a, b) == 1 else "different"


@lru_cache(maxsize=1 << 18)
def _words_level(a: str, b: str) -> str:
    if a == b:
        return "exact"
    one, two = a.split(), b.split()
    if one[0] == two[0] and len(one[0]) > 3:
        return "close"
    likeness = _likeness(a, b)
    if likeness == "different" and (set(one) == set(two) or _likeness(one[0], two[0]) == "close"):
        return "near"
    return likeness


def _slip_level(a: str, b: str) -> str:
    if a == b:
        return "exact"
    return "slip" if OSA.distance(a, b, score_cutoff=1) == 1 else "different"


@lru_cache(maxsize=1 << 16)
def email_level(a: str, b: str) -> str:
    """Level of two addresses: the same, one or two slips, the same name at another provider, or different."""
    if a == b:
        return "exact"
    one, two = a.partition("@")[0], b.partition("@")[0]
    if one == two and len(one) > 4:
        return "local"
    if _numbered(one, two):
        return "different"
    return "close" if OSA.distance(a, b, score_cutoff=2) <= 2 else "different"


def _named_after(t: Traits) -> bool:
    """Whether a mailbox has its name from its holder's: no two have the same by chance more often than such names meet."""
    local = t.email.partition("@")[0].translate(_PUNCTUATION)
    rest = local
    for name in (t.surname.replace(" ", ""), t.given.split(" ")[0]):
        if name and name in rest:
            rest = rest.replace(name, "", 1)
    return len(rest) <= 1 and rest != local


def _numbered(a: str, b: str) -> bool:
    """Whether only the digits differ, as in user1 and user2: made to be told apart, so no slip of the pen."""
    if a == b or a.translate(_DIGITS) != b.translate(_DIGITS):
        return False
    return bool(a.translate(_LETTERS) or b.translate(_LETTERS))


_PUNCTUATION = str.maketrans("", "", ".-_")
_DIGITS = str.maketrans("", "", "0123456789")
_LETTERS = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyz .@-_'")
