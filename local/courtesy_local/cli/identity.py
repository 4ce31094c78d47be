"""`courtesy identity`: who is who in files, without an installation: resolve, evaluate, train."""

import csv
import time
from pathlib import Path
from typing import Annotated

import typer
import yaml

from courtesy.errors import RefusedFile, RefusedInput, UnknownName
from courtesy.identity.normalise import traits_of
from courtesy.identity.offline import FIELDS, Resolved, resolve_records, score_of
from courtesy.identity.rules import IdentityRules
from courtesy_local.cli.output import OK, JsonFlag, console, notices, progress, show_json
from courtesy_local.people import Mapped, People, fields_of, parse_maps, read_people

Files = Annotated[
    list[Path],
    typer.Argument(
        help="CSV files with a header line, JSON Lines or Parquet; any of them gzipped.",
        exists=True,
        dir_okay=False,
    ),
]
IdColumn = Annotated[str, typer.Option("--id", help="Column that names a row within its file.")]
Maps = Annotated[
    list[str],
    typer.Option(
        "--map",
        help=f"FIELD=COLUMN; a field again where another file calls it otherwise. FIELD: {', '.join(FIELDS)}.",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(help="What stands between two values; `tab` for a tab. Without it the header tells."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of the files. Without it UTF-8, or what a byte order mark says.")
]
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


def register(app: typer.Typer) -> None:
    """Add `identity` to the command."""
    group = typer.Typer(no_args_is_help=True, help="Who is who in files; nothing is sent or stored.")
    app.add_typer(group, name="identity")

    @group.command()
    def resolve(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        delimiter: Delimiter = None,
        encoding: Encoding = None,
        out: Annotated[Path | None, typer.Option(help="Write `file,id,customer_id` here.")] = None,
        rules: Rules = None,
        train: Train = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Link the rows of files, within and across them.

        Example: courtesy identity resolve crm.csv web.csv --id id --map surname=last_name --map email=mail
        """
        began = time.perf_counter()
        mapping = parse_maps(maps)
        _check_out(out)
        people = read_people(files, id_column, delimiter, encoding, _notice)
        resolved = _resolve(people, mapping, rules, train)
        seconds = time.perf_counter() - began
        if out is not None:
            write_clusters(out, people, resolved)
        _tell(_summary(resolved, seconds), as_json)
        return OK

    @group.command()
    def evaluate(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        truth: Annotated[str, typer.Option(help="Column that names the person; the linking never reads it.")],
        delimiter: Delimiter = None,
        encoding: Encoding = None,
        out: Annotated[Path | None, typer.Option(help="Write `file,id,customer_id` here.")] = None,
        rules: Rules = None,
        train: Train = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Link the rows of files and compare with the truth: pairwise precision, recall and F1.

        Example: courtesy identity evaluate people.csv --id id --truth person --map surname=last_name
        """
        began = time.perf_counter()
        mapping = parse_maps(maps)
        if any(truth in columns for columns in mapping.values()):
            raise RefusedInput(
                f"--truth {truth} is mapped to a field as well; the linking must not read the truth"
            )
        _check_out(out)
        people = read_people(files, id_column, delimiter, encoding, _notice)
        truths = _truths(people, truth)
        resolved = _resolve(people, mapping, rules, train)
        seconds = time.perf_counter() - began
        score = score_of(resolved.customers, truths)
        if out is not None:
            write_clusters(out, people, resolved)
        measured = {name: round(value, 6) for name, value in score._asdict().items()}
        _tell(_summary(resolved, seconds) | measured, as_json)
        return OK

    @group.command()
    def train(
        files: Files,
        id_column: IdColumn,
        maps: Maps,
        delimiter: Delimiter = None,
        encoding: Encoding = None,
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
        mapping, start = parse_maps(maps), rules_from(rules)
        people = read_people(files, id_column, delimiter, encoding, _notice)
        fields = fields_of(people, mapping, start.region, _notice)
        with progress() as bar:
            bar.add_task(f"{len(people)} rows: learning weights", total=None)
            learnt = learn([traits_of(row, start.region) for row in fields.values()], start)
        document = learnt.rules.model_dump(mode="json", exclude_defaults=False)
        text = _HEAD + yaml.safe_dump(
            document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110
        )
        if target is not None:
            if not target.parent.is_dir():
                raise RefusedInput(
                    f"{target}: there is no folder {target.parent}; run it where the rulebook is"
                )
            target.write_text(text, encoding="utf-8")
        summary: dict[str, object] = {
            "rows": len(people), "pairs": learnt.pairs, "matches": learnt.matches, "rounds": learnt.rounds,
            "families": learnt.rules.families, "same": learnt.rules.same, "possible": learnt.rules.possible,
        }  # fmt: skip
        if as_json:
            show_json(summary | {"weights": learnt.rules.weights, "written": str(target) if target else None})
        elif target is None:
            console.print(text, highlight=False)
        else:
            _tell(summary, as_json=False)
            console.print(
                f"the rules are in {target}; courtesy identity resolve --rules {target} links by them"
            )
        return OK


_HEAD = """# Who is who: what the files given to `courtesy identity train` taught. Teach again when the customers have changed much.
"""


def rules_from(path: Path | None) -> IdentityRules:
    """The rules of a file, the shipped ones without. Raises RefusedInput."""
    if path is None:
        return IdentityRules()
    try:
        return IdentityRules.model_validate(yaml.safe_load(path.read_text()) or {})
    except OSError as error:
        raise RefusedInput(f"--rules {path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise RefusedInput(f"{path}: these are no identity rules: {error}") from error


def write_clusters(out: Path, people: People, resolved: Resolved) -> None:
    """Write `file,id,customer_id`, one line per row of the files, in their order."""
    with out.open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        writer.writerow(["file", "id", "customer_id"])
        for subject, customer_id in resolved.customers.items():
            person = people[subject]
            writer.writerow([person.file, person.id, customer_id])


def _check_out(out: Path | None) -> None:
    """Refuse what cannot be written before an hour's work is done for it. Raises RefusedInput."""
    if out is None:
        return
    if not out.parent.is_dir():
        raise RefusedInput(f"--out {out}: there is no folder {out.parent}")
    if out.is_dir():
        raise RefusedInput(f"--out {out}: is a folder; expected the name of a file")


def _resolve(people: People, mapping: Mapped, rules: Path | None, train: bool) -> Resolved:
    by = rules_from(rules)
    fields = fields_of(people, mapping, by.region, _notice)
    with progress() as bar:
        task = bar.add_task(f"{len(people)} rows", total=None)
        return resolve_records(
            fields,
            by,
            train=train or rules is None,
            step=lambda text: bar.update(task, description=f"{len(people)} rows: {text}"),
        )


def _truths(people: People, truth: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for subject, person in people.items():
        if truth not in person.values:
            raise RefusedFile(
                "columns", f"--truth: {UnknownName('column', truth, person.values)}", file=person.file
            )
        # a row of whom nobody knows who it is is a person of its own
        found[subject] = person.values[truth] or f"\0{subject}"
    return found


def _notice(text: str) -> None:
    notices.print(f"courtesy: {text}", highlight=False)


def _summary(resolved: Resolved, seconds: float) -> dict[str, object]:
    return {
        "rows": len(resolved.customers),
        "customers": len(set(resolved.customers.values())),
        "possible_matches": len(resolved.possible),
        "seconds": round(seconds, 3),
    }


def _tell(summary: dict[str, object], as_json: bool) -> None:
    if as_json:
        show_json(summary)
        return
    for name, value in summary.items():
        console.print(f"{name.replace('_', ' '):>18}  {value}", highlight=False)
