"""What people and systems do to data on the way in: typing errors, nicknames, abbreviations, formats, gaps."""

from datetime import date
from random import Random

from courtesy_local.samples.people import Home, Person
from courtesy_local.samples.vocabulary import NICKNAMES, SHORT_KINDS

_NEAR = {
    "a": "s",
    "e": "r",
    "i": "o",
    "o": "p",
    "n": "m",
    "s": "a",
    "t": "r",
    "l": "k",
    "r": "t",
    "d": "f",
    "c": "v",
    "h": "j",
}


def typo(rng: Random, text: str) -> str:
    """The word with one typing error: a letter left out, doubled, hit beside, or two changed about."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + _NEAR.get(text[at], text[at]) + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def names(rng: Random, who: Person, error: float) -> tuple[str, str]:
    """(given name, surname) as a clerk wrote them; `error` is the share of rows with something wrong."""
    given, surname = who.given, who.surname
    if rng.random() < error:
        kind = rng.random()
        if kind < 0.35 and given in NICKNAMES:
            given = rng.choice(NICKNAMES[given])
        elif kind < 0.55:
            surname = typo(rng, surname)
        elif kind < 0.75:
            given = typo(rng, given)
        elif kind < 0.85:
            given = given[0] + "."
        elif kind < 0.93:
            given, surname = surname, given
        else:
            given = ""
    style = rng.random()
    if style < 0.06:
        return given.upper(), surname.upper()
    if style < 0.10:
        return given.lower(), surname.lower()
    return given, surname


def street(rng: Random, home: Home, error: float) -> str:
    """The street's name, sometimes abbreviated or misspelt."""
    name = home.street
    last = name.rpartition(" ")[2]
    if last in SHORT_KINDS and rng.random() < 0.4:
        name = name[: -len(last)] + SHORT_KINDS[last] + rng.choice(("", "."))
    elif name.endswith("straße") and rng.random() < 0.5:
        name = name[:-6] + rng.choice(("str.", "strasse"))
    if rng.random() < error:
        name = typo(rng, name)
    return name


def one_line(rng: Random, home: Home, error: float) -> str:
    """Number, street and unit on one line in the manner of the country."""
    name = street(rng, home, error)
    if home.place.country == "DE":
        return f"{name} {home.number}"
    return f"{home.number} {name}{', ' + home.unit if home.unit else ''}"


def phone(rng: Random, e164: str) -> str:
    """The number in one of the ways in which people write it."""
    if e164.startswith("+1"):
        a, b, c = e164[2:5], e164[5:8], e164[8:]
        return rng.choice(
            (f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"+1 {a} {b} {c}", f"1{a}{b}{c}")
        )
    if e164.startswith("+49"):
        return rng.choice((e164, "0" + e164[3:], f"+49 {e164[3:6]} {e164[6:]}", f"0049{e164[3:]}"))
    return rng.choice((e164, "0" + e164[3:], f"+61 {e164[3:6]} {e164[6:9]} {e164[9:]}"))


def email(rng: Random, who: Person, missing: float) -> str:
    """One of the person's addresses in somebody's spelling, or none."""
    if rng.random() < missing:
        return ""
    address = who.second_email if who.second_email and rng.random() < 0.3 else who.email
    return address.upper() if rng.random() < 0.03 and "simulator" not in address else address


def birth(rng: Random, who: Person, missing: float, error: float = 0.02) -> date | None:
    """The date of birth, sometimes with day and month changed about, or none."""
    if rng.random() < missing:
        return None
    if rng.random() < error and who.born.day <= 12:
        return date(who.born.year, who.born.day, who.born.month)
    return who.born


def home_then(who: Person, moved: bool) -> Home:
    """Where the person lived before (`moved`), if anywhere else, or lives now."""
    return who.earlier_home if moved and who.earlier_home is not None else who.home
