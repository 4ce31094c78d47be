"""`courtesy cost`: what an installation costs on AWS in a month."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from courtesy.errors import RefusedInput
from courtesy_local.cli.output import JsonFlag, console, show_json, table

KINDS = ("first_load", "changes", "cycle", "contacts")


def register(app: typer.Typer) -> None:
    """Add `cost` to the command."""

    @app.command()
    def cost(
        counts: Annotated[
            Path, typer.Option(exists=True, dir_okay=False, help="Figures that `make demo JSON=FILE` wrote.")
        ],
        customers: Annotated[int, typer.Option(min=1, help="Customers of the installation.")] = 1_000_000,
        records: Annotated[float, typer.Option(min=0, help="Source records of a customer.")] = 3.6,
        changed: Annotated[
            float, typer.Option(min=0, max=1, help="Share of records that change in a day.")
        ] = 0.01,
        contacts: Annotated[float, typer.Option(min=0, help="Contacts of a customer in a month.")] = 1.0,
        email: Annotated[float, typer.Option(min=0, max=1, help="Share of contacts that are e-mails.")] = 0.9,
        as_json: JsonFlag = False,
    ) -> None:
        """Dollars a month on AWS, from requests that the demo counted and a dated table of prices.

        Without postage and printing, which the print vendor bills. Example: courtesy cost --counts out.json --customers 1000000
        """
        from courtesy_local.cost import prices
        from courtesy_local.cost.estimate import Volume, estimate, first_load

        counted = read_counts(counts)
        volume = Volume(customers, records, changed, contacts, email)
        found = estimate(volume, counted)
        once = first_load(volume, counted)
        if as_json:
            show_json(
                {
                    "customers": customers,
                    "dollars_a_month": round(found.total, 2),
                    "dollars_first_load": round(once, 2),
                    "lines": {
                        name: {unit: round(dollars, 2) for unit, dollars in line.items()}
                        for name, line in found.lines.items()
                    },
                    "prices": {"as_of": prices.AS_OF, "source": prices.SOURCE},
                }
            )
            return
        table(
            f"{customers:,} customers, dollars a month",
            ("for", "dollars", "most of it"),
            [(name, f"{sum(line.values()):,.2f}", _most(line)) for name, line in found.lines.items()],
            right=(1,),
        )
        console.print(f"\n[bold]{found.total:,.2f} dollars a month[/]", highlight=False, markup=True)
        console.print(
            f"Loading everybody for the first time costs {once:,.2f} dollars once.", highlight=False
        )
        console.print(
            f"{records} records a customer, {changed:.1%} of them changed a day, {contacts:g} contacts a month, "
            f"{email:.0%} by e-mail.\nPrices: {prices.SOURCE}, {prices.AS_OF}.",
            highlight=False,
        )


def read_counts(path: Path) -> dict[str, dict[str, float]]:
    """The counts in the figures of a demo. Raises RefusedInput."""
    try:
        counted: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RefusedInput(f"{path} cannot be read as JSON ({type(error).__name__})") from error
    found = counted.get("requests", {})
    lacking = [kind for kind in KINDS if "things" not in found.get(kind, {})]
    if lacking:
        raise RefusedInput(
            f"{path} holds no counts of {', '.join(lacking)}; write it with `make demo JSON={path}`"
        )
    return dict(found)


def _most(line: dict[str, float]) -> str:
    unit = max(line, key=lambda name: line[name], default="")
    return f"{unit} {line[unit]:,.2f}" if unit else ""
