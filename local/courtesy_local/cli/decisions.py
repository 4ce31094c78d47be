"""`courtesy conformance` and `courtesy rulebook`: worked policy cases, and the rulebook's life from draft to rollback."""

import getpass
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, show_json, table
from courtesy_local.stack import places

if TYPE_CHECKING:
    from courtesy.rulebook.model import Rulebook
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore

Folder = Annotated[
    Path, typer.Argument(help="Folder of the draft's YAML files; the checkout's where left out.")
]
Stage = Annotated[
    str,
    typer.Option(help="A stage deployed to AWS, with your own credentials and region; else the local stack."),
]
HOME = places.CHECKOUT / "rulebook"


def register(app: typer.Typer) -> None:
    """Add `conformance` and `rulebook` to the command."""
    app.command()(conformance)
    rulebook = typer.Typer(no_args_is_help=True, help="Check, compare, publish and roll back the rulebook.")
    for command in (check, diff, publish, history, rollback):
        rulebook.command()(command)
    app.add_typer(rulebook, name="rulebook")


def conformance(
    file: Annotated[
        Path | None, typer.Argument(help="A file of cases; the shipped ones where left out.")
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """Decide worked policy cases and compare with what they expect.

    Example: courtesy conformance my-cases.yaml
    """
    from courtesy.decisions.conformance import run_cases
    from courtesy.errors import RefusedInput

    files = [file] if file else sorted((places.CHECKOUT / "tests" / "conformance").glob("*.yaml"))
    if file is not None and not file.is_file():
        raise RefusedInput(f"{file}: there is no such file")
    results = {}
    for each in files:
        try:
            text = each.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RefusedInput(f"{each.name}: this is no UTF-8 text (byte {error.start})") from None
        results[each.name] = run_cases(text, each.name)
    laws = Counter(r.law for rs in results.values() for r in rs)
    wrong = [(name, r.name, "; ".join(r.wrong)) for name, rs in results.items() for r in rs if not r.right]
    cases = sum(len(rs) for rs in results.values())
    if as_json:
        failed = [{"file": f, "case": c, "wrong": w} for f, c, w in wrong]
        points = {str(law): laws[law] for law in sorted(laws) if law}
        show_json(
            {
                "files": len(files),
                "cases": cases,
                "right": cases - len(wrong),
                "wrong": failed,
                "laws": points,
            }
        )
    else:
        if wrong:
            table("", ("file", "case", "wrong"), wrong)
        console.print(f"{cases - len(wrong)} of {cases} cases in {len(files)} files are decided as expected")
    return PROBLEM if wrong else OK


def check(folder: Folder = HOME, as_json: JsonFlag = False) -> int:
    """Everything that is wrong or doubtful in a draft: file, line, field and remedy.

    Example: courtesy rulebook check
    """
    from courtesy.messages.compile import compile_messages
    from courtesy.rulebook.load import check_folder, load_rulebook, read_sections
    from courtesy.rulebook.validation import check_criteria

    found = check_folder(folder, compile_messages)
    if all(problem.severity == "warning" or problem.path[0] == "messages" for problem, _ in found):
        sections = read_sections(folder)
        found += [(p, sections.describe(p)) for p in check_criteria(load_rulebook(folder))]
    errors = sum(problem.severity == "error" for problem, _ in found)
    if as_json:
        lines = [
            {"severity": p.severity, "where": ".".join(map(str, p.path)), "text": text} for p, text in found
        ]
        show_json({"errors": errors, "warnings": len(found) - errors, "problems": lines})
    else:
        for problem, text in found:
            console.print(f"{problem.severity}: {text}", highlight=False, emoji=False)
        console.print(f"{errors} errors, {len(found) - errors} warnings")
    return PROBLEM if errors else OK


def diff(
    folder: Folder = HOME,
    against: Annotated[int, typer.Option(help="A published version; the one in force where left out.")] = 0,
    stage: Stage = "",
    as_json: JsonFlag = False,
) -> int:
    """What a draft would change in the version in force.

    Example: courtesy rulebook diff --against 3
    """
    from courtesy.rulebook import versions

    draft = _draft(folder)
    with _store(stage) as store:
        before = store.version(against) if against else store.current()
    changes = versions.diff(before, draft)
    if as_json:
        show_json({"against": before.version, "changes": [c._asdict() for c in changes]})
    else:
        for change in changes:
            console.print(str(change), highlight=False, soft_wrap=True)
        console.print(f"{len(changes)} differences from version {before.version}")
    return OK


def publish(
    folder: Folder = HOME,
    by: Annotated[str, typer.Option(help="Who publishes it.")] = "",
    stage: Stage = "",
    as_json: JsonFlag = False,
) -> int:
    """Make a draft the next version and put it in force; needs no deployment. What is in force already stays the version it is.

    Example: courtesy rulebook publish --stage prod
    """
    from courtesy.errors import NotFound, RefusedRule
    from courtesy.rulebook.validation import check_criteria
    from courtesy.rulebook.versions import diff as diff_of
    from courtesy.rulebook.versions import sections_of

    draft = _draft(folder)
    errors = [str(p) for p in check_criteria(draft) if p.severity == "error"]
    if errors:
        raise RefusedRule("the rulebook does not hold together:\n  " + "\n  ".join(errors))
    with _store(stage) as store:
        with suppress(NotFound):  # nothing is in force yet
            before = store.current()
            if not diff_of(before, draft):
                return _said(before.version, as_json, again=True)
        made = store.publish(sections_of(draft), by or getpass.getuser(), datetime.now(UTC))
    return _said(made.version, as_json)


def history(stage: Stage = "", as_json: JsonFlag = False) -> int:
    """The published versions, newest first.

    Example: courtesy rulebook history
    """
    with _store(stage) as store:
        lines, current = store.history(), store.in_force()
    if as_json:
        show_json({"current": current, "versions": [line._asdict() for line in lines]})
    else:
        rows = [
            (n.version, n.by, f"{n.at:%Y-%m-%d %H:%M}", "in force" if n.version == current else "")
            for n in lines
        ]
        table("", ("version", "by", "at (UTC)", ""), rows, right=(0,))
    return OK


def rollback(
    version: Annotated[int, typer.Argument(help="The version whose rules shall be in force again.")],
    by: Annotated[str, typer.Option(help="Who rolls back.")] = "",
    stage: Stage = "",
    as_json: JsonFlag = False,
) -> int:
    """Publish an earlier version's rules anew, as the next version; versions are never changed or removed.

    Example: courtesy rulebook rollback 3
    """
    from courtesy.rulebook.versions import sections_of

    with _store(stage) as store:
        made = store.publish(sections_of(store.version(version)), by or getpass.getuser(), datetime.now(UTC))
    return _said(made.version, as_json)


def _said(version: int, as_json: bool, *, again: bool = False) -> int:
    if as_json:
        show_json({"version": version})
    else:
        console.print(
            f"version {version} is in force" + (" and says the same; nothing was published" if again else "")
        )
    return OK


def _draft(folder: Path) -> "Rulebook":
    from courtesy.messages.compile import compile_messages
    from courtesy.rulebook.load import load_rulebook

    return load_rulebook(folder, compile_messages)


@contextmanager
def _store(stage: str) -> Iterator["DynamoRulebookStore"]:
    """The published rulebooks of a stage on AWS, or of the local stack. Raises NotUp."""
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore
    from courtesy_local.cli.output import NotUp
    from courtesy_local.stack.local_stack import LocalStack
    from courtesy_local.stack.publishing import adapters_on

    if stage:
        yield DynamoRulebookStore(f"courtesy-{stage}-rulebooks")
        return
    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    with adapters_on(stack.environment()):
        yield DynamoRulebookStore(stack.outputs().rulebooks_table)
