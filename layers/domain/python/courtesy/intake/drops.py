"""Where a drop comes from and what its name says: source, file name, the date it stands for."""

import re
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from courtesy.errors import RefusedFile
from courtesy.intake.contract import SourceContract, file_date_pattern
from courtesy.outcomes import FileRefusal

_LAYOUT = re.compile(r"(?P<source>[^/]+)/(?P<Y>[0-9]{4})/(?P<m>[0-9]{2})/(?P<d>[0-9]{2})/(?P<name>[^/]+)")
_SAFE = re.compile(r"[^a-z0-9_-]+")

OUTSIDE = "outside"
"""Stands for the source of a drop whose key names none."""


class Place(NamedTuple):
    """What a drop's key says."""

    source: str
    name: str
    day: datetime


def source_of(key: str) -> str:
    """The source folder of any key, in letters that are safe in paths; `outside` where there is none."""
    first, _, rest = key.partition("/")
    return _SAFE.sub("-", first.lower())[:60] or OUTSIDE if rest else OUTSIDE


def place_of(key: str) -> Place:
    """Source, file name and day of a drop's key. Raises RefusedFile when the key is outside the layout."""
    if key.endswith("/"):
        raise RefusedFile(
            FileRefusal.FOLDER_MARKER,
            "this is a folder's mark and no file; there is nothing to load",
            file=key,
        )
    found = _LAYOUT.fullmatch(key)
    if found is None:
        raise RefusedFile(
            FileRefusal.KEY_OUTSIDE_LAYOUT,
            "the key is outside the layout; put files under {source}/{yyyy}/{mm}/{dd}/{file}",
            file=key,
        )
    try:
        day = datetime(int(found["Y"]), int(found["m"]), int(found["d"]), tzinfo=UTC)
    except ValueError:
        raise RefusedFile(
            FileRefusal.KEY_OUTSIDE_LAYOUT,
            f"{found['Y']}/{found['m']}/{found['d']} is no date; put files under {{source}}/{{yyyy}}/{{mm}}/{{dd}}/{{file}}",
            file=key,
        ) from None
    return Place(found["source"], found["name"], day)


def stated_of(place: Place, contract: SourceContract, key: str) -> datetime:
    """The date that a file stands for: by its name where the contract has a rule, else by its folder. UTC."""
    if contract.file and not fnmatchcase(place.name, contract.file):
        raise RefusedFile(
            FileRefusal.FILE_NAME,
            f"the contract of {contract.name} takes files named {contract.file!r}",
            file=key,
        )
    if not contract.file_date:
        return place.day
    found = file_date_pattern(contract.file_date).match(place.name)
    parts = found.groupdict() if found else {}
    try:
        if found is None:
            raise ValueError("no match")
        return datetime(
            int(parts.get("Y", place.day.year)),
            int(parts.get("m", 1)),
            int(parts.get("d", 1)),
            int(parts.get("H", 0)),
            int(parts.get("M", 0)),
            int(parts.get("S", 0)),
            tzinfo=UTC,
        )
    except ValueError:
        raise RefusedFile(
            FileRefusal.FILE_NAME,
            f"the name does not give a date of the form {contract.file_date!r}",
            file=key,
        ) from None
