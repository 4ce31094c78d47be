"""`courtesy source`: try a source contract on a file before anything is loaded, or draft one from a sample."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from courtesy.errors import RefusedFile, RefusedInput
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, complain, console, show_json, table

_FILE = typer.Argument(exists=True, dir_okay=False, readable=True)


def register(app: typer.Typer) -> None:
    """Add `source check` and `source suggest` to the command."""
    group = typer.Typer(help="Source contracts: how a source's files are read.", no_args_is_help=True)
    app.add_typer(group, name="source")

    @group.command()
    def check(
        contract: Annotated[Path, _FILE],
        file: Annotated[Path, _FILE],
        before: Annotated[
            Path | None,
            typer.Option(help="An earlier file, taken as loaded: then shows what changed.", exists=True),
        ] = None,
        show: Annotated[int, typer.Option(help="How many bad rows to list.", min=0)] = 10,
        as_json: JsonFlag = False,
    ) -> int:
        """Dry run: what would be loaded, changed, quarantined and why. Nothing is written.

        Example: courtesy source check rulebook/sources/crm_persons.yaml crm.csv
        """
        from courtesy.intake.difference import Means
        from courtesy.intake.personal_keys import personal_keys
        from courtesy.intake.rehearse import rehearse

        rules = read_contract(contract)
        warnings = [f"{contract.name}: {where}: {text}" for where, text in personal_keys(rules)]
        if not as_json:
            for warning in warnings:
                console.print(f"warning: {warning}")
        with TemporaryDirectory(prefix="source-check-") as folder:
            try:
                done = rehearse(rules, file, Means(Path(folder)), datetime.now(tz=UTC), before, show)
            except RefusedFile as error:
                if as_json:
                    show_json(
                        {"outcome": "refused", "reason": error.reason, "text": str(error), "line": error.line}
                        | {"column": error.column}
                    )
                else:
                    complain(f"the file would be refused ({error.reason}): {error}")
                return PROBLEM
        tally = done.tally
        if as_json:
            show_json(
                {
                    "outcome": "loaded",
                    "warnings": warnings,
                    "rows": tally._asdict(),
                    "reasons": [_fields(reason) for reason in done.reasons],
                    "drift": [_fields(drift) for drift in done.drift],
                    "bad": [
                        {"line": row.line, "faults": [_fields(fault) for fault in row.faults]}
                        for row in done.bad
                    ],
                }
            )
            return PROBLEM if tally.quarantined else OK
        console.print(
            f"{file.name}: {tally.rows_in:,} rows = {tally.loaded:,} loaded ({tally.changed:,} of them changed)"
            f" + {tally.unchanged:,} unchanged + {tally.quarantined:,} quarantined; {tally.gone:,} gone",
            soft_wrap=True,
        )
        if done.reasons:
            table(
                "Why rows are quarantined",
                ("rows", "first line", "column", "reason", "expected"),
                [(r.rows, r.line, r.column, r.reason, r.expected) for r in done.reasons],
                right=(0, 1),
            )
        for row in done.bad:
            why = ", ".join(f"{fault.column or 'row'} {fault.reason}" for fault in row.faults)
            console.print(f"  line {row.line}: {why}", highlight=False, soft_wrap=True)
        for drift in done.drift:
            console.print(f"  drift: {drift.kind} {drift.column} {drift.before} {drift.now}".rstrip())
        return PROBLEM if tally.quarantined else OK

    @group.command()
    def suggest(
        file: Annotated[Path, _FILE],
        name: Annotated[str, typer.Option(help="Name of the source; else made of the file's.")] = "",
        as_json: JsonFlag = False,
    ) -> int:
        """Draft a contract from a sample; doubts stand as comments above it.

        Example: courtesy source suggest customers.csv > rulebook/sources/customers.yaml
        """
        from courtesy.intake.suggest import suggest as draft

        found = draft(file, name)
        if as_json:
            show_json(
                {
                    "contract": found.contract,
                    "doubts": [{"at": at, "doubt": doubt} for at, doubt in found.doubts],
                }
            )
            return OK
        lines = [
            f"# Drafted from {file.name}. To be looked at:",
            *(f"#   {at}: {doubt}" for at, doubt in found.doubts),
        ]
        text = yaml.safe_dump(found.contract, sort_keys=False, allow_unicode=True)
        print("\n".join(lines) + "\n" + text, end="")  # noqa: T201 - a file's text, not to be wrapped
        return OK


def read_contract(file: Path) -> Any:
    """The contract of a YAML file. Raises RefusedInput with what does not fit, field by field."""
    from courtesy.intake.contract import SourceContract

    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
        return SourceContract.model_validate(
            {"name": file.stem} | (values if isinstance(values, dict) else {})
        )
    except (UnicodeDecodeError, RecursionError):
        raise RefusedInput(f"{file.name} is no YAML in UTF-8; a contract is a text of a few lines") from None
    except yaml.YAMLError as error:
        raise RefusedInput(f"{file.name} is no YAML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors())
        raise RefusedInput(f"{file.name}: {wrong}") from None


def _fields(thing: Any) -> dict[str, Any]:
    import msgspec

    return dict(msgspec.structs.asdict(thing))
