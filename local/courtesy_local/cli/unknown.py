"""`courtesy unknown`: contacts of which nobody knows whether they went out; listed, and settled by a person."""

from typing import Annotated
from urllib.parse import quote

import typer

from courtesy.errors import NotFound, OutsideFailed
from courtesy_local.cli.output import OK, JsonFlag, console, show_json, table
from courtesy_local.demo.works import Works

ROLE = "engineer"


def register(app: typer.Typer) -> None:
    """Add `unknown list` and `unknown settle` to the command."""
    unknown = typer.Typer(no_args_is_help=True, help="Contacts of unknown outcome: list them, settle one.")
    unknown.command("list")(show)
    unknown.command()(settle)
    app.add_typer(unknown, name="unknown")


def show(as_json: JsonFlag = False) -> int:
    """What was handed to a provider and neither confirmed nor refused; service and legal contacts first.

    Example: courtesy unknown list
    """
    answer = Works.open().stack.http("GET", "/contacts/unknown", role=ROLE)
    if answer.status != 200:
        raise OutsideFailed(answer.refusal())
    waiting = answer.json()["contacts"]
    if as_json:
        show_json({"contacts": waiting})
        return OK
    rows = [
        (c["contact"], c["customer_id"], c["trigger"], c["channel"], c["claimed"][:16], c["reason"])
        for c in waiting
    ]
    if rows:
        table("", ("contact", "customer", "trigger", "channel", "claimed (UTC)", "why"), rows)
    console.print(f"{len(rows)} contacts of unknown outcome; none of them is ever sent again")
    return OK


def settle(
    customer: Annotated[str, typer.Argument(help="Customer id.")],
    contact: Annotated[str, typer.Argument(help="Contact id, as `courtesy unknown list` shows it.")],
    went_out: Annotated[
        bool, typer.Option("--went-out/--never-sent", help="What the provider says became of it.")
    ],
    as_json: JsonFlag = False,
) -> int:
    """Say what became of a contact: it ends as sent, or as refused, which gives its slot back.

    Example: courtesy unknown settle c5xkq3jt7w2m4n6p8r0s2t4v6y k0123456789abcdef01234567 --went-out
    """
    body = {"customer_id": customer, "went_out": went_out}
    answer = Works.open().stack.http(
        "POST", f"/contacts/{quote(contact, safe='')}/settle", role=ROLE, body=body
    )
    if answer.status == 404:
        raise NotFound("this customer has no contact of unknown outcome with this id")
    if answer.status != 200:
        raise OutsideFailed(answer.refusal())
    if as_json:
        show_json(answer.json())
    else:
        console.print("settled: " + ("it went out" if went_out else "it was never sent, its slot is free"))
    return OK
