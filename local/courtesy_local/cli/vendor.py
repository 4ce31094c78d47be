"""`courtesy vendor`: what a print vendor tries its own end with, and what it has not acknowledged."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy_local.cli.output import JsonFlag, NotUp, console, show_json, table

vendor = typer.Typer(help="For print vendors: try your own end against the contract.", no_args_is_help=True)

PRINTED = ("letter", "postcard")


def register(app: typer.Typer) -> None:
    """Add `vendor sample | check | schema | serve | overdue` to the command."""
    app.add_typer(vendor, name="vendor")


@vendor.command("sample")
def vendor_sample(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    channel: Annotated[str, typer.Option(help="letter or postcard.")] = "letter",
    rulebook: Annotated[Path, typer.Option(help="The rulebook's folder.")] = Path("rulebook"),
    as_json: JsonFlag = False,
) -> None:
    """Write a mailing as a vendor gets it: announcement.json, manifest.jsonl and pieces/.

    Example: courtesy vendor sample trial --channel postcard
    """
    from courtesy_local.vendor.conformance import write_sample

    if channel not in PRINTED:
        raise UnknownName("channel", channel, PRINTED)
    pieces = write_sample(rulebook, folder, channel)
    if as_json:
        show_json({"pieces": pieces, "folder": str(folder)})
    else:
        console.print(f"{pieces} pieces written to {folder}")


@vendor.command("check")
def vendor_check(
    folder: Annotated[
        Path, typer.Argument(help="A mailing's folder, with your reports in status.jsonl if you have any.")
    ],
    as_json: JsonFlag = False,
) -> None:
    """Check a mailing's folder, and the vendor's reports on it, against the contract.

    Example: courtesy vendor check trial
    """
    from courtesy_local.vendor.conformance import check_folder

    if not (folder / "announcement.json").exists():
        raise NotFound(
            f"{folder}: there is no announcement.json; make a sample with `courtesy vendor sample {folder}`"
        )
    result = check_folder(folder)
    if as_json:
        show_json(result)
    else:
        table(
            "",
            ["what", "finding"],
            [(k, v) for k, values in result.items() if isinstance(values, list) for v in values],
        )
        console.print(f"{result['pieces']} pieces, {result['reports']} reports")
    if result["problems"] or result["status_problems"]:
        raise RefusedInput("the folder does not conform; see the findings above")


@vendor.command("schema")
def vendor_schema(
    as_json: Annotated[bool, typer.Option("--json", help="As without it: a schema is JSON.")] = False,  # noqa: ARG001 - every command takes it
) -> None:
    """The JSON Schemas of announcement, manifest line, recall and status report.

    Example: courtesy vendor schema > schemas.json
    """
    from courtesy.messages.mailing import Announcement, ManifestLine, Recall
    from courtesy.messages.vendor_status import VendorStatus

    show_json(
        {
            kind.__name__: msgspec.json.schema(kind)
            for kind in (Announcement, ManifestLine, Recall, VendorStatus)
        }
    )


@vendor.command("serve")
def vendor_serve(
    port: Annotated[int, typer.Option(help="The port of this machine; 0: any that is free.", min=0)] = 8089,
    key: Annotated[str, typer.Option(help="The account's key that requests have to show.")] = "test",
    as_json: JsonFlag = False,
) -> None:
    """Be a print vendor with an API, until interrupted: what is handed over is kept in memory and shown here.

    Example: courtesy vendor serve --port 8089
    """
    from courtesy_local.vendor.api_vendor import ApiVendorServer

    try:
        server = ApiVendorServer(port, key=key)
    except OSError as error:
        raise RefusedInput(f"port {port} cannot be listened on ({error.strerror}); take another") from None
    if as_json:
        show_json({"url": server.url})
    else:
        console.print(f"a vendor listens at {server.url}; interrupt it to stop")
    try:
        server.serve()
    except KeyboardInterrupt:
        if not as_json:
            console.print(f"{len(server.printed())} pieces to print, {len(server.pieces)} handed over")


@vendor.command("overdue")
def vendor_overdue(
    again: Annotated[bool, typer.Option("--again", help="Announce each of them once more.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Mailings on the local stack that the vendor has not acknowledged in time.

    Example: courtesy vendor overdue --again
    """
    import os
    from dataclasses import asdict
    from datetime import UTC, datetime

    from courtesy.messages.overdue import announce_again, overdue
    from courtesy.messages.vendors import VendorRoads
    from courtesy_aws.lake import S3Lake
    from courtesy_aws.queues import SqsQueue
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore
    from courtesy_local.stack.local_stack import LocalStack

    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    os.environ.update(stack.environment())
    names = stack.outputs()
    lake, rules = S3Lake(names.lake_bucket), DynamoRulebookStore(names.rulebooks_table).current().messages
    queue = VendorRoads(SqsQueue(names.queues["vendor"]), SqsQueue(names.queues["vendor_api"]), rules)
    late = overdue(lake, rules, datetime.now(UTC))
    for mailing in late if again else []:
        announce_again(lake, queue, mailing.vendor, mailing.mailing_id)
    if as_json:
        show_json({"overdue": [asdict(mailing) for mailing in late], "announced": len(late) if again else 0})
        return
    rows = [(m.vendor, m.mailing_id, m.made.isoformat(timespec="minutes"), m.pieces) for m in late]
    table(
        f"{len(late)} mailings not acknowledged in time",
        ["vendor", "mailing", "made", "pieces"],
        rows,
        right=[3],
    )
