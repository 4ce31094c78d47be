"""What the generator knows and the product must find out: who is who, and how every row must end."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import msgspec


@dataclass(slots=True)
class FileTruth:
    """How one file must end. `refused` is empty, `repeated`, or a word of `outcomes.FileRefusal`; `bad`: line -> what is wrong.

    rows: data rows in it (0 where the file is refused); loaded + unchanged + quarantined = rows. All rows of a repeated file
    are unchanged.
    """

    key: str
    source: str
    day: int
    rows: int = 0
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    refused: str = ""
    bad: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Truth:
    """The truth about one generated world.

    files: in the order in which they are to be dropped, within `day` 1, 2 ...; people: subject ("source/id") -> number of the
    person; addresses: person -> e-mail addresses they own; withdrawn: e-mail addresses whose owner said no to all e-mail,
    by the day of the file that says so.
    """

    seed: int
    customers: int
    today: date
    files: list[FileTruth] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    addresses: dict[int, list[str]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Data rows in all files that can be read."""
        return sum(file.rows for file in self.files)

    @property
    def days(self) -> list[int]:
        """The numbers of the days."""
        return sorted({file.day for file in self.files})

    def day(self, number: int) -> list[FileTruth]:
        """The files of one day."""
        return [file for file in self.files if file.day == number]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        return msgspec.json.decode(path.read_bytes(), type=cls)
