"""`courtesy value` and `courtesy segments`: models and segments, on files of one's own or on the stack's lake."""

import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
import typer
import yaml
from pydantic import ValidationError

from courtesy.errors import RefusedRule
from courtesy_local.cli.cycle import parse_day
from courtesy_local.cli.output import OK, JsonFlag, console, show_json, table

File = Annotated[Path, typer.Argument(help="A file of transactions.", exists=True, dir_okay=False)]
Customer = Annotated[str, typer.Option(help="Column of the customer: its name, or its number from 1.")]
Day = Annotated[str, typer.Option("--date", help="Column of the day.")]
Amount = Annotated[str, typer.Option(help="Column of the money.")]
DateFormat = Annotated[str, typer.Option(help="How days are written, e.g. %Y%m%d; ISO 8601 where left out.")]
Delimiter = Annotated[str, typer.Option(help='What stands between columns; " " is any run of blanks.')]
LakeCopy = Annotated[
    Path | None, typer.Option(help="A copy of the lake on disk, instead of the stack's.", file_okay=False)
]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first line is a transaction.")]


def register(app: typer.Typer) -> None:
    """Add `value` and `segments` to the command."""
    value, segments = typer.Typer(no_args_is_help=True), typer.Typer(no_args_is_help=True)
    app.add_typer(value, name="value", help="Lifetime value and RFM on any file of transactions.")
    app.add_typer(segments, name="segments", help="Who would move, and who moved.")

    @value.command("fit")
    def fit(
        file: File,
        customer: Customer = "",
        day: Day = "",
        amount: Amount = "",
        date_format: DateFormat = "",
        delimiter: Delimiter = ",",
        no_header: NoHeader = False,
        calibration_end: Annotated[str, typer.Option(help="Last day that the models see.")] = "",
        unit: Annotated[str, typer.Option(help="week or day")] = "week",
        rfm: Annotated[
            bool, typer.Option("--rfm", help="The file has columns x, t_x and T already.")
        ] = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Fit BG/NBD and Gamma-Gamma.

        Example: courtesy value fit sales.csv --customer id --date day --amount total --calibration-end 2026-06-30
        """
        from courtesy.population.offline import TextFile, fit_file, fit_summary

        if unit not in ("week", "day"):
            raise typer.BadParameter(f"--unit is week or day, not {unit!r}")
        started = time.perf_counter()
        read = TextFile(file, delimiter, not no_header, date_format)
        if rfm:
            fitted = fit_summary(read, amount)
        else:
            if not (customer and day and calibration_end):
                raise typer.BadParameter("--customer, --date and --calibration-end are needed, or --rfm")
            fitted = fit_file(read, customer, day, amount, parse_day(calibration_end), unit)  # type: ignore[arg-type]
        buying, spend = fitted.buying, fitted.spend
        answer: dict[str, Any] = {
            **{name: getattr(buying, name) for name in ("r", "alpha", "a", "b", "log_likelihood")},
            **{name: getattr(spend, name) if spend else None for name in ("p", "q", "v")},
            "errors": dict(zip(("r", "alpha", "a", "b"), buying.errors, strict=False)),
            "customers": buying.customers,
            "repeaters": buying.repeaters,
            "converged": buying.converged,
            "holdout": {"expected": fitted.expected, "actual": fitted.actual},
            "seconds": round(time.perf_counter() - started, 3),
        }
        if as_json:
            show_json(answer)
        else:
            table(
                "",
                ("figure", "value"),
                [(name, _short(figure)) for name, figure in answer.items()],
                right=(1,),
            )
        return OK

    @value.command("rfm")
    def rfm_scores(
        file: File,
        customer: Customer,
        day: Day,
        amount: Amount,
        as_of: Annotated[str, typer.Option(help="Day that recency is counted to.")],
        rules: Annotated[
            Path | None, typer.Option(help="YAML of ordered rules over the scores.", exists=True)
        ] = None,
        bins: Annotated[str, typer.Option(help="How scores are cut: quantile.")] = "quantile",
        date_format: DateFormat = "",
        delimiter: Delimiter = ",",
        no_header: NoHeader = False,
        as_json: JsonFlag = False,
    ) -> int:
        """Recency, frequency and monetary scores, and the segments of a rules file.

        Example: courtesy value rfm orders.csv --customer id --date day --amount total --as-of 2026-12-31
        """
        from courtesy.population.offline import TextFile, rfm_file
        from courtesy.population.rules import Ladder

        if bins != "quantile":
            raise typer.BadParameter(f"--bins is quantile, not {bins!r}")
        ladder = _validated(Ladder, rules) if rules else None
        read = TextFile(file, delimiter, not no_header, date_format)
        found = rfm_file(read, customer, day, amount, parse_day(as_of), ladder)
        if as_json:
            show_json(
                {
                    "customers": found.customers,
                    "orders": found.orders,
                    "cuts": found.cuts,
                    "segments": found.segments,
                }
            )
            return OK
        table(
            "cut points",
            ("score", "2 from", "3 from", "4 from", "5 from"),
            [(k, *v) for k, v in found.cuts.items()],
        )
        if found.segments:
            rows = [
                (s["segment"], s["customers"], s["orders"], f"{s['revenue']:,.2f}") for s in found.segments
            ]
            table("segments", ("segment", "customers", "orders", "revenue"), rows, right=(1, 2, 3))
        return OK

    @segments.command("preview")
    def preview_segments(
        file: Annotated[
            Path, typer.Argument(help="The drafted population.yaml.", exists=True, dir_okay=False)
        ],
        cycle: Annotated[str, typer.Option(help="The cycle to try it on; the latest where left out.")] = "",
        snapshot: LakeCopy = None,
        as_json: JsonFlag = False,
    ) -> int:
        """Who would move from where to where if these rules were published. Writes nothing.

        Example: courtesy segments preview rulebook/population.yaml
        """
        from courtesy.population.catalogue import catalogue_of
        from courtesy.population.documents import connect, view_sql
        from courtesy.population.preview import preview
        from courtesy.population.rules import PopulationRules
        from courtesy_local.population.lakes import fetch, in_force, latest_cycle, open_lake, scores_of

        draft = _validated(PopulationRules, file)
        lake = open_lake(snapshot)
        scores = scores_of(lake, cycle or latest_cycle(lake))
        rulebook = in_force(snapshot)
        with TemporaryDirectory() as folder:
            here = Path(folder)
            parts = fetch(lake, "snapshots", scores.cycle_id, here)
            connection = connect(here)
            connection.execute(view_sql(parts))
            found = preview(
                connection,
                date.fromisoformat(scores.as_of),
                rulebook.population,
                draft,
                scores,
                catalogue_of(rulebook.sources),
            )
        if as_json:
            show_json(
                {
                    "cycle_id": scores.cycle_id,
                    "shifts": [msgspec.to_builtins(shift) for shift in found.shifts],
                    "before": found.before,
                    "after": found.after,
                }
            )
            return OK
        rows = [(s.division, s.before, s.after, s.customers, f"{s.value / 100:,.2f}") for s in found.shifts]
        console.print(
            f"cycle {scores.cycle_id}: {sum(s.customers for s in found.shifts)} places would change"
        )
        table("", ("division", "from", "to", "customers", "expected value"), rows, right=(3, 4))
        return OK

    @segments.command("report")
    def report_segments(
        earlier: Annotated[str, typer.Option("--from", help="Date or id of the earlier cycle.")],
        later: Annotated[str, typer.Option("--to", help="Date or id of the later cycle.")],
        output: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("segments.html"),
        snapshot: LakeCopy = None,
        as_json: JsonFlag = False,
    ) -> int:
        """Movements between the segments of two dates, as a page with a picture and tables.

        Example: courtesy segments report --from 2026-10-01 --to 2026-11-01
        """
        from courtesy.population.movement import flows_between, moved_share, movement_page
        from courtesy_local.population.lakes import cycle_on, fetch, in_force, open_lake

        lake = open_lake(snapshot)
        cycles = [cycle_on(lake, given) for given in (earlier, later)]
        with TemporaryDirectory() as folder:
            here = Path(folder)
            files = [fetch(lake, "segments", cycle_id, here / str(n)) for n, cycle_id in enumerate(cycles)]
            flows = flows_between(files[0], files[1], here)
        limit = in_force(snapshot).population.drift_alarm
        output.write_text(movement_page(flows, cycles[0], cycles[1], limit), encoding="utf-8")
        divisions = sorted({flow.division for flow in flows})
        shares = {name: round(moved_share([f for f in flows if f.division == name]), 4) for name in divisions}
        if as_json:
            show_json({"from": cycles[0], "to": cycles[1], "page": str(output), "moved_share": shares})
            return OK
        table(
            "", ("division", "moved"), [(name, f"{share:.1%}") for name, share in shares.items()], right=(1,)
        )
        console.print(f"wrote {output}")
        return OK


def _short(figure: object) -> str:
    return f"{figure:.6g}" if isinstance(figure, float) else str(figure)


def _validated(kind: type[Any], path: Path) -> Any:
    """A YAML file as a rulebook model. Raises RefusedRule with the place in the file."""
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise RefusedRule(str(error), rule=path.name) from None
