"""`courtesy console`: opens the console on the local stack, with a made-up person of each role to sign in as."""

import webbrowser
from typing import Annotated

import typer

from courtesy_local.cli.output import JsonFlag, console, progress, show_json, table
from courtesy_local.stack.local_stack import PASSWORD, LocalStack

ROLES = {
    "marketer": "writes rules and messages, rehearses, submits",
    "approver": "approves, publishes and rolls back what others wrote",
    "agent": "sees customers, offers, records talks and complaints",
    "dealer": "writes its own words for the messages, sees its customers",
    "privacy_officer": "answers access, restriction and erasure, decides matches",
    "engineer": "sees health, sources and quarantine, starts cycles",
    "source": "sees how the files of its system were read, and why rows were not",
}
"""Role -> what it is for."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="console", epilog="Example: courtesy console --no-open")(open_console)


def open_console(
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
    json: JsonFlag = False,
) -> None:
    """Open the console and show whom you can sign in as: one made-up person of each role, on this machine only."""
    stack = LocalStack()
    url = f"{stack.outputs().api_url.rstrip('/')}/console"
    people = {role: f"{role.replace('_', '-')}@courtesy.example" for role in ROLES}
    with progress(quiet=json) as bar:
        for role in bar.track(list(ROLES), description="make people to sign in as"):
            stack.token(role)
    if json:
        show_json({"url": url, "password": PASSWORD, "people": people})
        return
    console.print(f"Console: [bold]{url}[/]", markup=True)
    table("Sign in as", ("Name", "Role", "Who"), [(people[role], role, what) for role, what in ROLES.items()])
    console.print(f"Password of all: [bold]{PASSWORD}[/]", highlight=False, markup=True)
    if open_:
        webbrowser.open(url)
