"""Dates of birth as people write them: the form of a column is found in the column, since one value alone may mean two days."""

import re
from collections.abc import Callable, Iterable

MONTH_FIRST = frozenset({"US", "PH", "FM", "PW", "BZ"})
"""Countries that write the month before the day; only asked where the column itself does not tell."""
NEWEST = 10
"""Of years in two digits those up to this one are of this century; customers are grown up."""
_YEARS = range(1800, 2100)
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}.*$")
_NUMBERS = re.compile(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[-./ ]+(\d{1,2})[-./ ]+(\d{1,2})")
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan janv januar january janvier enero jänner", "feb fév févr feber februar february février febrero",
            "mar mär mrz mars march märz marzo", "apr avr abr april avril abril", "may mai mayo", "jun juin june juni junio",
            "jul juil july juli juillet julio", "aug août aou august agosto", "sep sept september septembre septiembre",
            "oct okt october oktober octobre octubre", "nov november novembre noviembre",
            "dec dez déc dic december dezember décembre diciembre",
        ),
        1,
    )
    for word in words.split()
}  # fmt: skip


def reader_of(values: Iterable[str], region: str) -> Callable[[str], str]:
    """How the dates of a column are read: a value as YYYY-MM-DD, or as it stands where it is no date in a form known.

    values: the column; region: ISO country, for columns that do not tell whether day or month comes first
    """
    first = second = leading = trailing = dotted = 0
    for value in values:
        text = _bare(value)
        if found := _NUMBERS.fullmatch(text):
            first += int(found[1]) > 12
            second += int(found[2]) > 12
            dotted += "." in text
        elif len(text) == 8 and text.isdecimal():
            leading += _is_day(text[:4], text[4:6], text[6:]) or _is_day(text[:4], text[6:], text[4:6])
            ends = _is_day(text[4:], text[2:4], text[:2]), _is_day(text[4:], text[:2], text[2:4])
            trailing += any(ends)
            first += ends == (True, False)
            second += ends == (False, True)
    # with points between them the day comes first, wherever they are written
    day_first = first > second or (first == second and (dotted > 0 or region.upper() not in MONTH_FIRST))
    return lambda value: _read(value, day_first, trailing > leading)


def _bare(value: str) -> str:
    return _TIME.sub("", value.strip())


def _is_day(year: str, month: str, day: str) -> bool:
    return int(year) in _YEARS and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _read(value: str, day_first: bool, year_last: bool) -> str:
    text = _bare(value)
    if found := _YEAR_FIRST.fullmatch(text):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if found := _NUMBERS.fullmatch(text):
        return _ordered(found[1], found[2], found[3], day_first) or value
    if year_last and len(text) == 8 and text.isdecimal():
        return _ordered(text[:2], text[2:4], text[4:], day_first) or value
    return _named(text) or value


def _ordered(one: str, two: str, year: str, day_first: bool) -> str:
    """Day and month in the order of the column, or the other way round where only that is a date; empty if neither."""
    whole = _whole(year)
    day, month = (one, two) if day_first else (two, one)
    if not _is_day(whole, month, day):
        day, month = month, day
    return f"{whole}-{int(month):02}-{int(day):02}" if _is_day(whole, month, day) else ""


def _named(text: str) -> str:
    """A date whose month is a word: 3 March 1980, Mar 3rd, 1980, 03MAR80."""
    tokens: list[str] = _WORDS.findall(text.lower())
    months = [_MONTHS[token] for token in tokens if token in _MONTHS]
    numbers = [token for token in tokens if token.isdecimal()]
    if len(months) != 1 or len(numbers) != 2:
        return ""
    day, year = numbers if len(numbers[0]) <= 2 else numbers[::-1]
    whole = _whole(year)
    return f"{whole}-{months[0]:02}-{int(day):02}" if _is_day(whole, str(months[0]), day) else ""


def _whole(year: str) -> str:
    return year if len(year) > 2 else f"{20 if int(year) <= NEWEST else 19}{year:>02}"
