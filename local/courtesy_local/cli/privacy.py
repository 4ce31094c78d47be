"""`courtesy privacy`: what a privacy officer does for a person, by the API of the local stack."""

from pathlib import Path
from time import sleep
from typing import Annotated, Any

import orjson
import typer

from courtesy.errors import NotFound, OutsideFailed
from courtesy.privacy.readable import access_page
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, progress, show_json, table
from courtesy_local.demo.works import Works

ROLE = "privacy_officer"
WAIT_SECONDS, PAUSE_SECONDS = 600, 2
Customer = Annotated[str, typer.Argument(help="Customer id.")]


def register(app: typer.Typer) -> None:
    """Add `privacy access | correct | restrict | erase | certificate | repeat` to the command."""
    group = typer.Typer(no_args_is_help=True, help="Access, correction, restriction, erasure.")
    for command in (access, correct, restrict, erase, certificate, repeat):
        group.command()(command)
    app.add_typer(group, name="privacy")


def access(
    customer: Customer,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the document here: as JSON, or as a page to read where it ends in .html."),
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """Everything held on a person, with sources and recipients.

    Example: courtesy privacy access c5xkq3jt7w2m4n6p8r0s2t4v6y --out access.json
    """
    document = _ask("GET", f"/customers/{customer}/access")["document"]
    if out is not None:
        page = out.suffix.lower() in (".html", ".htm")
        out.write_bytes(
            access_page(document).encode() if page else orjson.dumps(document, option=orjson.OPT_INDENT_2)
        )
    if as_json:
        show_json(document)
        return OK
    rows = [(kind, len(events)) for kind, events in sorted(document["held"].items())]
    table("held", ("kind", "facts"), rows, right=(1,))
    table(
        "sources", ("source", "facts"), [(s["source"], s["facts"]) for s in document["sources"]], right=(1,)
    )
    told = [(r["recipient"], r["data"], len(r["references"])) for r in document["recipients"]]
    table("recipients", ("recipient", "data", "times"), told, right=(2,))
    if out is not None:
        console.print(f"wrote {out}")
    return OK


def correct(
    customer: Customer,
    values: Annotated[list[str], typer.Option("--set", help="FIELD=VALUE, once per field.")],
    as_json: JsonFlag = False,
) -> int:
    """Put right what is held; every source yields to it.

    Example: courtesy privacy correct c5xkq3jt7w2m4n6p8r0s2t4v6y --set city=Albany --set postcode=12201
    """
    pairs = [value.partition("=") for value in values]
    if not all(name and sign for name, sign, _ in pairs):
        raise typer.BadParameter("--set takes FIELD=VALUE, for instance --set city=Albany")
    fields = {name: value for name, _, value in pairs}
    return _said(_ask("POST", f"/customers/{customer}/correction", {"fields": fields}), as_json)


def restrict(
    customer: Customer,
    off: Annotated[bool, typer.Option("--off", help="Lift the restriction.")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Freeze a person: no segments, no contacts. With --off lift it.

    Example: courtesy privacy restrict c5xkq3jt7w2m4n6p8r0s2t4v6y
    """
    return _said(_ask("DELETE" if off else "PUT", f"/customers/{customer}/restriction"), as_json)


def erase(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the stores are emptied.")] = True,
    as_json: JsonFlag = False,
) -> int:
    """Erase a person from every store. They are blocked at once; a job empties the stores, and `certificate` tells how far it is.

    Example: courtesy privacy erase c5xkq3jt7w2m4n6p8r0s2t4v6y --yes
    """
    if not yes and not typer.confirm("This cannot be taken back. Erase this person?"):
        return PROBLEM
    answer = _ask("POST", f"/customers/{customer}/erasure")
    if wait and answer["status"] == "running":
        answer = _wait(customer, as_json)
    return _certified(answer, as_json)


def certificate(customer: Customer, as_json: JsonFlag = False) -> int:
    """What was done about an erasure, and what stays.

    Example: courtesy privacy certificate c5xkq3jt7w2m4n6p8r0s2t4v6y
    """
    return _certified(_ask("GET", f"/customers/{customer}/erasure"), as_json)


def repeat(as_json: JsonFlag = False) -> int:
    """Ask for the round of each night now: erasures that wait are gone on with, and all done again after tables were restored.

    Example: courtesy privacy repeat
    """
    done = _ask("POST", "/erasures/repeat")["erasures"]
    if as_json:
        show_json({"erasures": done})
        return OK
    for customer, status in sorted(done.items()):
        console.print(f"{customer} {status}")
    console.print(f"asked for; {len(done)} erasures have work left at this moment")
    return OK


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = Works.open().stack.http(method, path, role=ROLE, body=body)
    if answer.status == 404:
        raise NotFound("there is no customer with this id, or no erasure of them")
    if answer.status not in (200, 202):
        raise OutsideFailed(answer.refusal())
    return answer.json()


def _wait(customer: str, quiet: bool) -> Any:
    """The certificate when the search is over. Raises OutsideFailed after ten minutes; the job goes on all the same."""
    with progress(quiet=quiet) as bar:
        task = bar.add_task("objects looked through", total=None)
        for _ in range(WAIT_SECONDS // PAUSE_SECONDS):
            told = _ask("GET", f"/customers/{customer}/erasure")
            bar.update(task, completed=told["looked"], total=told["objects"] or None)
            if told["status"] != "running":
                return told
            sleep(PAUSE_SECONDS)
    raise OutsideFailed(
        f"the erasure is under way and not done after {WAIT_SECONDS // 60} minutes; ask for it: courtesy privacy certificate {customer}"
    )


def _said(answer: dict[str, Any], as_json: bool) -> int:
    if as_json:
        show_json(answer)
    else:
        console.print(
            f"{answer['customer_id']}: {', '.join(answer['standings']) or 'nothing stands against it'}"
        )
    return OK


def _certified(answer: dict[str, Any], as_json: bool) -> int:
    if as_json:
        show_json(answer)
        return OK
    rows = [(name, str(answer[name])) for name in ("customer_id", "status", "requested", "finished", "runs")]
    removed = [(f"removed: {what}", str(count)) for what, count in answer["done"].items()]
    table("erasure", ("what", "how"), [*rows, *removed, *(("stays", what) for what in answer["remains"])])
    if answer["status"] == "waiting":
        console.print(
            f"{answer['pieces']} printed pieces were asked back; it goes on each night until the vendor has answered"
        )
    return OK
