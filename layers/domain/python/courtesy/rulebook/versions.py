"""Published versions: how sections become a numbered rulebook, its stored form, and what two versions differ in."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from courtesy.errors import RefusedRule
from courtesy.rulebook.check import check
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import Where, problems_of


class Published(NamedTuple):
    """A line of the history: who published which version when."""

    version: int
    by: str
    at: datetime


class Change(NamedTuple):
    """One difference between two rulebooks; `before` or `after` is None where the value did not exist."""

    path: Where
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any

    def __str__(self) -> str:
        where = ".".join(map(str, self.path))
        if self.kind == "added":
            return f"+ {where}: {_short(self.after)}"
        if self.kind == "removed":
            return f"- {where}: {_short(self.before)}"
        return f"~ {where}: {_short(self.before)} -> {_short(self.after)}"


def make_rulebook(sections: Mapping[str, object], version: int = 0) -> Rulebook:
    """The rulebook of these sections (one mapping each). Raises RefusedRule that names everything wrong with them."""
    try:
        rulebook = Rulebook.model_validate({**sections, "version": version})
    except ValidationError as error:
        problems = problems_of(error, Rulebook)
    else:
        problems = [problem for problem in check(rulebook) if problem.severity == "error"]
        if not problems:
            return rulebook
    lines = "\n  ".join(map(str, problems))
    raise RefusedRule(f"the rulebook does not hold together:\n  {lines}")


def encode_rulebook(rulebook: Rulebook) -> bytes:
    """The stored form: JSON with every default written out, so that a later release's defaults do not change it."""
    return json.dumps(rulebook.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()


def sections_of(rulebook: Rulebook) -> dict[str, object]:
    """The sections that `make_rulebook` makes the same rulebook of: for rollback, which publishes old sections anew."""
    dumped = rulebook.model_dump(mode="json")
    del dumped["version"]
    return dumped


def diff(before: Rulebook, after: Rulebook) -> list[Change]:
    """What changed, by path; lists are compared whole, since their order may matter."""
    return list(_diff((), sections_of(before), sections_of(after)))


def _diff(path: Where, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield Change(path, "changed", before, after)
        return
    for name in sorted({*before, *after}):
        here = (*path, name)
        if name not in before:
            yield Change(here, "added", None, after[name])
        elif name not in after:
            yield Change(here, "removed", before[name], None)
        else:
            yield from _diff(here, before[name], after[name])


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
