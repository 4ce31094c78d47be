"""The errors that Courtesy raises, one small tree.

CourtesyError
├── RefusedInput            somebody gave us something we cannot take; trying again changes nothing
│   ├── RefusedFile         a dropped file whose shape is wrong as a whole
│   ├── RefusedRule         a rule (criteria, contract, policy, template) that does not hold together
│   └── UnknownName         a name that is not known, with the nearest one that is
├── NotFound                a customer, cycle, file or version that does not exist
├── NotAllowed              this person may not do it, though somebody else may
├── Conflict                somebody else changed it first; read again and decide again
│   └── Stale               what the caller saw is no longer what stands; look again, then change it
└── OutsideFailed           a store, queue or mailer did not do its part; the caller may try again

A definite outcome is a value, not an error (see `outcomes`). Messages name file, line, field and remedy, never a
person's data.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CourtesyError(Exception):
    """Root of all errors that Courtesy raises on purpose."""


class RefusedInput(CourtesyError):
    """The input cannot be taken as it is; a retry changes nothing."""


class RefusedFile(RefusedInput):
    """A file whose shape is wrong as a whole: nothing of it is loaded.

    `reason` is a word of `outcomes.FileRefusal`; the text says where and what to do.
    """

    def __init__(self, reason: str, text: str, *, file: str = "", line: int = 0, column: str = "") -> None:
        self.reason, self.file, self.line, self.column = reason, file, line, column
        where = ", ".join(
            part
            for part in (file, f"line {line}" if line else "", f"column {column!r}" if column else "")
            if part
        )
        super().__init__(f"{where}: {text}" if where else text)


class RefusedRule(RefusedInput):
    """A rule that does not hold together; `position` counts characters from 0, -1 where there is none."""

    def __init__(self, text: str, *, rule: str = "", position: int = -1) -> None:
        self.rule, self.position = rule, position
        super().__init__(f"{rule}: {text}" if rule else text)


class UnknownName(RefusedInput):
    """A name that nobody declared; says which known one is nearest."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what, self.name = what, name
        self.known = tuple(sorted(known))
        near = get_close_matches(name, self.known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(self.known[:12]) or 'none'}"
        super().__init__(f"unknown {what} {name!r}; {hint}")


class NotFound(CourtesyError):
    """What was asked for does not exist."""


class Conflict(CourtesyError):
    """Somebody else changed it first: read again, decide again."""


class Stale(Conflict):
    """The caller changed what they saw, and it is no longer so: look again, then change it."""


class NotAllowed(CourtesyError):
    """This person may not do it, though somebody else may: whoever wrote a draft does not approve it."""


class OutsideFailed(CourtesyError):
    """A store, queue or mailer did not do its part; the caller may try again."""
