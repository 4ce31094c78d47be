"""`courtesy rehearse`: what the coming weeks would bring under a rulebook, and what a draft changes."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
import typer

from courtesy.errors import NotFound, RefusedInput
from courtesy_local.cli.output import OK, JsonFlag, console, progress, show_json, table

if TYPE_CHECKING:
    from courtesy.population.scores import Scores
    from courtesy.rulebook.model import Rulebook

UNKEYED = b"a rehearsal without an installation"
"""Key of the control groups where customers come from a folder: as large as on the stack, but made of others."""


class Customers(NamedTuple):
    """Who is rehearsed with: profile documents, figures of the latest cycle, key of the control groups, rules in force."""

    documents: list[bytes]
    scores: "Scores"
    hash_key: bytes
    in_force: "Rulebook | None"


def register(app: typer.Typer) -> None:
    """Add `rehearse` to the command."""
    app.command()(rehearse)


def rehearse(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days, a cycle each.")] = 28,
    rulebook: Annotated[
        Path | None,
        typer.Option(help="Folder of a draft; the rulebook in force where left out.", file_okay=False),
    ] = None,
    against: Annotated[
        str, typer.Option(help="`current`, or the folder of another rulebook, to compare with.")
    ] = "",
    profiles: Annotated[
        Path | None,
        typer.Option(help="Folder of profile documents (.jsonl, .jsonl.gz), instead of the local stack's."),
    ] = None,
    start: Annotated[str, typer.Option(help="First day, 2026-03-01; today where left out.")] = "",
    out: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("rehearsal.html"),
    as_json: JsonFlag = False,
) -> int:
    """The coming weeks on today's customers under the full law; nothing is sent or counted.

    Example: courtesy rehearse --days 28 --rulebook draft --against current
    """
    from courtesy.decisions.rehearsal_page import rehearsal_page
    from courtesy.decisions.rehearse import compare
    from courtesy.decisions.rehearse import rehearse as run

    first = _first(start)
    if not out.absolute().parent.is_dir() or out.is_dir():
        raise RefusedInput(f"--out {out}: name a file in a folder that is there")
    customers = _from_folder(profiles) if profiles else _from_stack()
    books = [_rulebook(rulebook, customers)]
    if against:
        books.insert(0, _rulebook(None if against == "current" else Path(against), customers))
    told = []
    with progress(as_json) as bar:
        task = bar.add_task("days", total=days * len(books))
        for book in books:
            with TemporaryDirectory() as folder:
                told.append(
                    run(
                        customers.documents,
                        book,
                        customers.scores,
                        first,
                        days,
                        customers.hash_key,
                        Path(folder),
                        lambda _: bar.advance(task),
                    )
                )
    result, difference = told[-1][0], compare(*told) if against else None
    out.write_text(rehearsal_page(result, difference), encoding="utf-8")
    if as_json:
        answer = {"page": str(out), "rehearsal": msgspec.to_builtins(result)}
        show_json(answer | ({"difference": msgspec.to_builtins(difference)} if difference else {}))
        return OK
    table(
        "",
        ("trigger", "contacts", "cost"),
        [(name, f"{s.contacts:,}", f"{s.cost / 100:,.2f}") for name, s in result.triggers.items()],
        right=(1, 2),
    )
    counted = ", ".join(f"{number:,} {outcome}" for outcome, number in result.outcomes.items())
    console.print(f"{result.candidates:,} candidates of {result.customers:,} customers: {counted}")
    if difference is not None:
        console.print(
            f"contacts {difference.contacts[0]:,} -> {difference.contacts[1]:,}, "
            f"cost {difference.cost[0] / 100:,.2f} -> {difference.cost[1] / 100:,.2f}"
        )
    console.print(f"wrote {out}")
    return OK


def _first(start: str) -> datetime:
    now = datetime.now(UTC)
    if not start:
        return now
    try:
        return datetime.combine(datetime.fromisoformat(start).date(), now.time(), tzinfo=UTC)
    except ValueError:
        raise RefusedInput(f"--start {start!r} is no date; write 2026-03-01") from None


def _rulebook(folder: Path | None, customers: Customers) -> "Rulebook":
    from courtesy.rulebook.load import load_rulebook
    from courtesy_local.stack import places

    if folder is None and customers.in_force is not None:
        return customers.in_force
    return load_rulebook(folder or places.CHECKOUT / "rulebook")


def _from_folder(folder: Path) -> Customers:
    from courtesy.decisions.listen import NO_SCORES

    documents = list(_documents(folder))
    if not documents:
        raise NotFound(
            f"{folder}: there is no profile; give a folder of .jsonl or .jsonl.gz files, a profile a line"
        )
    return Customers(documents, NO_SCORES, UNKEYED, None)


def _documents(folder: Path) -> Iterator[bytes]:
    from courtesy.timeline.profile import decode_profile

    for path in sorted(folder.glob("*.jsonl*")):
        content = path.read_bytes()
        try:
            lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
        except (OSError, EOFError, zlib.error):
            raise RefusedInput(f"{path}: this is no whole gzip file") from None
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                decode_profile(line)
            except msgspec.MsgspecError as error:
                raise RefusedInput(f"{path}, line {number}: this is no profile document: {error}") from None
            yield line


def _from_stack() -> Customers:
    from courtesy.decisions.listen import latest_scores
    from courtesy_aws.customers import DynamoCustomerStore
    from courtesy_aws.lake import S3Lake
    from courtesy_aws.secrets import hash_key
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore
    from courtesy_local.cli.output import NotUp
    from courtesy_local.stack.local_stack import LocalStack
    from courtesy_local.stack.publishing import adapters_on

    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    names = stack.outputs()
    with adapters_on(stack.environment()):
        store = DynamoCustomerStore(names.timeline_table, names.profiles_table)
        return Customers(
            [document for _, document in store.scan_profiles(0, 1)],
            latest_scores(S3Lake(names.lake_bucket)),
            hash_key(names.hash_key_secret),
            DynamoRulebookStore(names.rulebooks_table).current(),
        )
