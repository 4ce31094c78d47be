"""What can be done with a draft's files: check them with positions, make their rulebook, publish, roll back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from courtesy.errors import RefusedRule
from courtesy.population.catalogue import Catalogue, catalogue_of
from courtesy.population.criteria import UnknownAttribute
from courtesy.population.criteria import check as check_one
from courtesy.ports import RulebookStore
from courtesy.rulebook.drafts import Draft, publishable, published
from courtesy.rulebook.files import write_files
from courtesy.rulebook.load import Compile, check_folder, load_rulebook
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.ports import DraftStore
from courtesy.rulebook.problems import Problem
from courtesy.rulebook.validation import check_criteria
from courtesy.rulebook.versions import sections_of


class Complaint(msgspec.Struct, frozen=True):
    """One thing wrong or doubtful with a draft. `line`: from 1, 0 where there is none; `position`: characters from 0 into a
    criterion, -1 where it has none."""

    severity: str
    text: str
    path: str
    file: str = ""
    line: int = 0
    position: int = -1


def check_files(files: Mapping[str, str], compile_messages: Compile | None) -> list[Complaint]:
    """Everything wrong or doubtful with a rulebook's files, errors first; empty where they could be published as they are."""
    with _folder(files) as folder:
        found = [(problem, told) for problem, told in check_folder(folder, compile_messages)]
        complaints = [_complaint(problem, told, -1) for problem, told in found]
        if not any(each.severity == "error" for each in complaints):
            rulebook = load_rulebook(folder)
            complaints += _criteria(rulebook, files)
    return sorted(complaints, key=lambda each: (each.severity != "error", each.file, each.line, each.path))


def rulebook_of(files: Mapping[str, str], compile_messages: Compile | None = None) -> Rulebook:
    """The rulebook of these files, version 0; its messages only where they are compiled. Raises RefusedRule."""
    with _folder(files) as folder:
        return load_rulebook(folder, compile_messages)


def publish_draft(
    rulebooks: RulebookStore,
    drafts: DraftStore,
    draft: Draft,
    compile_messages: Compile,
    by: str,
    at: datetime,
) -> Draft:
    """Make an approved draft the version in force; the draft after it. Raises RefusedRule, Conflict, NotAllowed.

    Version, pointer and draft are written in one transaction, so a draft is never published twice.
    """
    current = rulebooks.in_force()
    publishable(draft, current, by)
    rulebook = rulebook_of(draft.files, compile_messages)
    wrong = [each for each in _criteria(rulebook, draft.files) if each.severity == "error"]
    if wrong:
        raise RefusedRule("the rulebook does not hold together:\n  " + "\n  ".join(e.text for e in wrong))
    after = published(draft, current + 1, by, at)
    rulebooks.publish(sections_of(rulebook), by, at, files=draft.files, beside=drafts.settling(after))
    return after


def roll_back(rulebooks: RulebookStore, version: int, by: str, at: datetime) -> Rulebook:
    """Publish an old version's rules and files anew, as the next version. Raises NotFound, Conflict."""
    old = rulebooks.version(version)
    return rulebooks.publish(sections_of(old), by, at, files=rulebooks.files(version))


@contextmanager
def _folder(files: Mapping[str, str]) -> Iterator[Path]:
    with TemporaryDirectory() as name:
        write_files(files, Path(name))
        yield Path(name)


def _criteria(rulebook: Rulebook, files: Mapping[str, str]) -> list[Complaint]:
    catalogue = catalogue_of(rulebook.sources)
    return [_complaint(p, str(p), _spot(p, rulebook, catalogue), files) for p in check_criteria(rulebook)]


def _spot(problem: Problem, rulebook: Rulebook, catalogue: Catalogue) -> int:
    """Where in a trigger's criterion the checker stumbles, -1 where it does not."""
    if problem.path[-1] != "criteria":
        return -1
    try:
        check_one(rulebook.triggers[str(problem.path[1])].criteria, catalogue, rule="")
    except (RefusedRule, UnknownAttribute) as error:
        return error.position
    return -1


def _complaint(problem: Problem, told: str, spot: int, files: Mapping[str, str] | None = None) -> Complaint:
    place = told.removesuffix(str(problem)).removesuffix(": ")
    file, _, line = place.partition(":")
    if not file and files is not None:
        own = "/".join(str(part) for part in problem.path[:2]) + ".yaml"
        file = own if own in files else f"{problem.path[0]}.yaml"
        line = str(_line(files.get(file, ""), str(problem.path[-1])))
    return Complaint(
        severity=problem.severity,
        text=problem.text,
        path=".".join(str(part) for part in problem.path),
        file=file,
        line=int(line or 0),
        position=spot,
    )


def _line(text: str, field: str) -> int:
    """The line in which a file's field begins, 0 where it does not stand there."""
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.lstrip().startswith(f"{field}:")), 0)
