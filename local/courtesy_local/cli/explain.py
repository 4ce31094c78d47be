"""`courtesy explain`: why a customer was, or was not, contacted, in one sentence for each decision."""

from typing import Annotated
from urllib.parse import quote

import typer

from courtesy.errors import NotFound, OutsideFailed, UnknownName
from courtesy_local.cli.output import OK, JsonFlag, NotUp, console, show_json
from courtesy_local.stack.local_stack import LocalStack

ROLE = "marketer"
"""Who asks; the API records each look at a person."""


def register(app: typer.Typer) -> None:
    """Add `explain` to the command."""

    @app.command()
    def explain(
        customer: Annotated[str, typer.Argument(help="Customer id.")],
        trigger: Annotated[str, typer.Argument(help="One trigger; without it all of them.")] = "",
        as_json: JsonFlag = False,
    ) -> int:
        """Say why, and why not.

        Example: courtesy explain c5xkq3jt7w2m4n6p8r0s2t4v6y win_back_lost
        """
        asked = f"?trigger={quote(trigger)}" if trigger else ""
        stack = LocalStack()
        if not stack.is_up():
            raise NotUp("the local stack is not up")
        answer = stack.http("GET", f"/customers/{quote(customer)}/explain{asked}", role=ROLE)
        if answer.status == 404:
            raise NotFound("there is no customer with this id")
        if answer.status != 200:
            raise OutsideFailed(answer.refusal())
        told = answer.json()
        if trigger and not told["decisions"]:  # none by a trigger that there is, or a name that is wrong
            known = stack.http("GET", "/triggers", role=ROLE)
            names = [rule["id"] for rule in known.json()["triggers"]] if known.status == 200 else [trigger]
            if trigger not in names:
                raise UnknownName("trigger", trigger, names)
        if as_json:
            show_json(told)
        else:
            for decision in told["decisions"]:
                console.print(
                    f"{str(decision.get('at', ''))[:16]}  {decision.get('sentence', '')}", highlight=False
                )
            if not told["decisions"]:
                about = f" by {trigger}" if trigger else ""
                console.print(f"No decision was made on this customer{about}: no trigger proposed a contact.")
        return OK
