"""How a language writes numbers, money and dates, and which characters of a stored text may be shown."""

import re
import unicodedata
from datetime import date, datetime

import phonenumbers

from courtesy.messages.rules import Language

SHOWN_MAX = 120
"""Longest value of one field in a message, characters; what is longer is cut with an ellipsis."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "AUD": "A$", "CAD": "C$", "CHF": "CHF", "JPY": "¥"}
_MINOR = {"JPY": 0}
# Control characters, fillers, and the marks that turn the writing direction of what follows: shown they could only deceive.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]"
)
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs"})
"""Categories of characters of which nothing is seen without another before them."""
LINK = re.compile(
    r"https?:|www\.|\b[a-z0-9-]{2,}\.(?:com|net|org|de|io|shop|info|biz|ru|cn|xyz|top|app|link|online|site)\b",
    re.IGNORECASE,
)
"""What mail programs make a link of by themselves."""
MAIL = re.compile(r"\S@\S+\.\S")
_BLANK = re.compile(r"\s+")


def shown(text: str, longest: int = SHOWN_MAX) -> str:
    """A stored value as it may appear in a message: one line, NFC, no control or direction marks, at most `longest` long."""
    if text.isascii() and text.isprintable() and len(text) <= longest and "  " not in text:
        return text.strip()
    line = _BLANK.sub(" ", _HIDDEN.sub("", unicodedata.normalize("NFC", text))).strip()
    if all(unicodedata.category(char) in _UNSEEN for char in line):
        return ""
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def shown_name(text: str) -> str:
    """A person's name as it may appear; empty where it holds an address of the web or of mail.

    Whoever registers with one as their name would have a brand's mail carry it, as a link, to anybody whose address they give.
    """
    name = shown(text)
    if "." not in name and ":" not in name:
        return name
    return "" if MAIL.search(name) or LINK.search(name) else name


def spoken_phone(number: str) -> str:
    """An E.164 number in the groups by which people read it (`+1 617-555-0100`); anything else as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def write_number(value: int | float, language: Language, digits: int = 0) -> str:
    """1234567.891 -> `1,234,567.89` (digits=2) in the language's separators."""
    plain = f"{value:,.{digits}f}"
    return plain.translate({ord(","): language.group, ord("."): language.decimal})


def write_money(minor: int, currency: str, language: Language) -> str:
    """An amount in minor units with the currency's symbol, or its code where there is none."""
    digits = _MINOR.get(currency, 2)
    amount = write_number(abs(minor) / 10**digits, language, digits)
    symbol = _SYMBOLS.get(currency, currency)
    written = language.money.replace("{symbol}", symbol).replace("{amount}", amount)
    return f"-{written}" if minor < 0 else written


def write_date(day: date, language: Language) -> str:
    """A day in the language's long form; an instant counts as its UTC day."""
    if isinstance(day, datetime):
        day = day.date()
    return (
        language.date.replace("{day}", str(day.day))
        .replace("{month}", language.months[day.month - 1])
        .replace("{year}", str(day.year))
    )


def greeting(language: Language, gender: str, given_name: str, surname: str) -> str:
    """The opening line for what is known of the name; never a gap where a name is missing, nor a bare surname (`Dear Miller`)."""
    kind = _GENDERS.get(gender.lower(), "other") if surname else "other"
    if not given_name and (not surname or kind == "other"):
        return language.greetings["unknown"]
    pattern = language.greetings[kind]  # type: ignore[index]
    filled = pattern.replace("{given_name}", given_name).replace("{surname}", surname)
    if "  " not in filled and " ," not in filled and " !" not in filled:
        return filled.strip()
    return re.sub(r" +([,!])|  +", lambda found: found.group(1) or " ", filled).strip()


_GENDERS = {"f": "female", "female": "female", "w": "female", "m": "male", "male": "male"}
