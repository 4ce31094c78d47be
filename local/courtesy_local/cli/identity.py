"""`courtesy identity`: who is who in files, without an installation: resolve, evaluate, train."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import yaml

from courtesy.errors import RefusedFile, RefusedInput, UnknownName
from courtesy.identity.normalise import traits_of
from courtesy.identity.offline import FIELDS, Resolved, resolve_records, score_of
from courtesy.identity.rules import IdentityRules
from courtesy.timeline.events import Scalar
from courtesy_local.cli.output import OK, JsonFlag, console, show_json

Files = Annotated[
    list[Path], typer.Argument(help="CSV files with a header line.", exists=True, dir_okay=False)
]
IdColumn = Annotated[str, typer.Option("--id", help="Column that names a row within its file.")]
Maps = Annotated[
    list[str], typer.Option("--map", help=f"FIELD=COLUMN, once per field. FIELD: {', '.join(FIELDS)}.")
]
Delimiter = Annotated[str, typer.Option(help="What stands between two values; `tab` for a tab.")]
Encoding = Annotated[str, typer.Option(help="Encoding of the files.")]
Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        "--rulebook",
        help="identity.yaml to link by, exactly as an installation does; without it the files teach the weights first.",
    ),
]
Train = Annotated[
    bool, typer.Option("--train", help="With --rules: let the files teach first, starting from these rules.")
]
Rows = dict[str, dict[str, str]]
"""Subject (`file/id`) -> column -> value."""


def register(app: typer.Typer) -> None:
    """Add `identity` to the command."""
    group = typer.Typer(no_args_is_help=True, help="Who is who in files; nothing is sent or stored.")
    app.add_typer(group, name="identity")

    @group.command()
    def resolve(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        delimiter: Delimiter = ",",
        encoding: Encoding = "utf-8-sig",
        out: Annotated[Path | None, typer.Option(help="Write `file,id,customer_id` here.")] = None,
        rules: Rules = None,
        train: Train = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Link the rows of files, within and across them.

        Example: courtesy identity resolve crm.csv web.csv --id id --map surname=last_name --map email=mail
        """
        began = time.perf_counter()
        rows = read_rows(files, id_column, delimiter, encoding)
        resolved = _resolve(rows, parse_maps(maps), rules, train)
        seconds = time.perf_counter() - began
        if out is not None:
            write_clusters(out, resolved)
        _tell(_summary(resolved, seconds), as_json)
        return OK

    @group.command()
    def evaluate(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        truth: Annotated[str, typer.Option(help="Column that names the person; the linking never reads it.")],
        delimiter: Delimiter = ",",
        encoding: Encoding = "utf-8-sig",
        out: Annotated[Path | None, typer.Option(help="Write `file,id,customer_id` here.")] = None,
        rules: Rules = None,
        train: Train = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Link the rows of files and compare with the truth: pairwise precision, recall and F1.

        Example: courtesy identity evaluate people.csv --id id --truth person --map surname=last_name
        """
        began = time.perf_counter()
        rows = read_rows(files, id_column, delimiter, encoding)
        mapping = parse_maps(maps)
        if truth in mapping.values():
            raise RefusedInput(
                f"--truth {truth} is mapped to a field as well; the linking must not read the truth"
            )
        resolved = _resolve(rows, mapping, rules, train)
        seconds = time.perf_counter() - began
        _check_column(rows, truth, "--truth")
        score = score_of(resolved.customers, {subject: row[truth] for subject, row in rows.items()})
        if out is not None:
            write_clusters(out, resolved)
        measured = {name: round(value, 6) for name, value in score._asdict().items()}
        _tell(_summary(resolved, seconds) | measured, as_json)
        return OK

    @group.command()
    def train(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        delimiter: Delimiter = ",",
        encoding: Encoding = "utf-8-sig",
        out: Annotated[Path | None, typer.Option(help="Write the rules here.")] = None,
        write: Annotated[
            bool, typer.Option("--write", help="Write the rules to rulebook/identity.yaml.")
        ] = False,
        rules: Rules = None,
        as_json: JsonFlag = False,
    ) -> int:
        """Let files teach weights, frequencies of names and thresholds, without knowing who is who.

        `resolve` without --rules links by the very rules that this writes; published with the rulebook, so does the installation.

        Example: courtesy identity train crm.csv --id id --map surname=last_name --write
        """
        from courtesy.identity.weights import learn

        if write and out is not None:
            raise RefusedInput("--write and --out: name one of them; --write is --out rulebook/identity.yaml")
        target = Path("rulebook/identity.yaml") if write else out
        rows = read_rows(files, id_column, delimiter, encoding)
        start = rules_from(rules)
        people = [traits_of(fields, start.region) for fields in _mapped(rows, parse_maps(maps)).values()]
        learnt = learn(people, start)
        document = learnt.rules.model_dump(mode="json", exclude_defaults=False)
        text = _HEAD + yaml.safe_dump(
            document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110
        )
        if target is not None:
            if not target.parent.is_dir():
                raise RefusedInput(
                    f"{target}: there is no folder {target.parent}; run it where the rulebook is"
                )
            target.write_text(text)
        summary: dict[str, object] = {
            "rows": len(rows), "pairs": learnt.pairs, "matches": learnt.matches, "rounds": learnt.rounds,
            "families": learnt.rules.families, "same": learnt.rules.same, "possible": learnt.rules.possible,
        }  # fmt: skip
        if as_json:
            show_json(summary | {"weights": learnt.rules.weights, "written": str(target) if target else None})
        elif target is None:
            console.print(text, markup=False, highlight=False)
        else:
            _tell(summary, as_json=False)
            console.print(
                f"the rules are in {target}; courtesy identity resolve --rules {target} links by them"
            )
        return OK


_HEAD = """# Who is who: what the files given to `courtesy identity train` taught. Teach again when the customers have changed much.
"""


def parse_maps(maps: list[str]) -> dict[str, str]:
    """FIELD=COLUMN texts as a mapping. Raises UnknownName, RefusedInput."""
    mapping: dict[str, str] = {}
    for text in maps:
        field, equals, column = text.partition("=")
        if not equals or not column:
            raise RefusedInput(f"--map {text}: expected FIELD=COLUMN, for instance surname=last_name")
        if field not in FIELDS:
            raise UnknownName("field", field, FIELDS)
        mapping[field.strip()] = column.strip()
    return mapping


def read_rows(files: list[Path], id_column: str, delimiter: str, encoding: str) -> Rows:
    """All rows of the files by their subject. Raises RefusedFile."""
    rows: Rows = {}
    names: set[str] = set()
    for file in files:
        name = file.name if file.name not in names else str(file)
        names.add(name)
        for line, row in _read(file, delimiter, encoding):
            if id_column not in row:
                raise RefusedFile("columns", str(UnknownName("column", id_column, row)), file=file.name)
            subject = f"{name}/{row[id_column]}"
            if subject in rows:
                raise RefusedFile(
                    "repeated_id", "an id that came before; --id must name each row once", file=file.name, line=line,
                    column=id_column,
                )  # fmt: skip
            rows[subject] = row
    return rows


def _read(file: Path, delimiter: str, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    separator = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(separator) != 1:
        raise RefusedInput(f"--delimiter {delimiter}: expected one character, or `tab`")
    try:
        with file.open(encoding=encoding, newline="") as text:
            reader = csv.reader(text, delimiter=separator, skipinitialspace=True)
            header = [column.strip() for column in next(reader, [])]
            for values in reader:
                if not values:
                    continue
                if len(values) != len(header):
                    raise RefusedFile(
                        "columns", f"{len(values)} values; the header has {len(header)}", file=file.name,
                        line=reader.line_num,
                    )  # fmt: skip
                yield reader.line_num, {c: v.strip() for c, v in zip(header, values, strict=True)}
    except (UnicodeDecodeError, LookupError) as error:
        raise RefusedFile(
            "encoding", f"is not {encoding}; name the right one with --encoding", file=file.name
        ) from error
    except csv.Error as error:
        raise RefusedFile("columns", f"cannot be read as CSV: {error}", file=file.name) from error


def rules_from(path: Path | None) -> IdentityRules:
    """The rules of a file, the shipped ones without. Raises RefusedInput."""
    if path is None:
        return IdentityRules()
    try:
        return IdentityRules.model_validate(yaml.safe_load(path.read_text()) or {})
    except (yaml.YAMLError, ValueError) as error:
        raise RefusedInput(f"{path}: these are no identity rules: {error}") from error


def write_clusters(out: Path, resolved: Resolved) -> None:
    """Write `file,id,customer_id`, one line per row of the files, in their order."""
    with out.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["file", "id", "customer_id"])
        for subject, customer_id in resolved.customers.items():
            file, _, id_ = subject.rpartition("/") if subject.count("/") == 1 else _split(subject)
            writer.writerow([file, id_, customer_id])


def _split(subject: str) -> tuple[str, str, str]:
    return subject.partition("/")


def _resolve(rows: Rows, mapping: dict[str, str], rules: Path | None, train: bool) -> Resolved:
    return resolve_records(_mapped(rows, mapping), rules_from(rules), train=train or rules is None)


def _mapped(rows: Rows, mapping: dict[str, str]) -> dict[str, dict[str, Scalar]]:
    for field, column in mapping.items():
        _check_column(rows, column, f"--map {field}")
    return {
        subject: {field: row[column] for field, column in mapping.items() if row[column]}
        for subject, row in rows.items()
    }


def _check_column(rows: Rows, column: str, option: str) -> None:
    for subject, row in rows.items():
        if column not in row:
            raise RefusedFile(
                "columns", f"{option}: {UnknownName('column', column, row)}", file=subject.partition("/")[0]
            )


def _summary(resolved: Resolved, seconds: float) -> dict[str, object]:
    return {
        "rows": len(resolved.customers),
        "customers": len(set(resolved.customers.values())),
        "possible_matches": len(resolved.possible),
        "families": resolved.rules.families,
        "same": resolved.rules.same,
        "seconds": round(seconds, 3),
    }


def _tell(summary: dict[str, object], as_json: bool) -> None:
    if as_json:
        show_json(summary)
        return
    for name, value in summary.items():
        console.print(f"{name.replace('_', ' '):>18}  {value}", highlight=False)
