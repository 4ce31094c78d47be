"""Commands on messages: render one, the gallery of all, and what was mailed and printed."""

import re
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from courtesy.errors import NotFound, RefusedInput
from courtesy_local.cli.output import JsonFlag, NotUp, console, progress, show_json, table

if TYPE_CHECKING:
    from courtesy.messages.preview import Shown

PRINTED = ("letter", "postcard")
RulebookOption = Annotated[Path, typer.Option(help="The rulebook's folder.")]


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command()(render)
    app.command()(gallery)
    app.command()(proof)
    app.command()(outbox)


def render(
    trigger: Annotated[str, typer.Argument(help="The trigger whose message is shown.")],
    sample: Annotated[str, typer.Option(help="ordinary, sparse, german or hostile.")] = "ordinary",
    customer: Annotated[
        str, typer.Option(help="A customer of the local stack by id, with the rulebook in force there.")
    ] = "",
    channel: Annotated[
        str,
        typer.Option(help="email, letter, postcard, sms or next_contact; the trigger's first if left out."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="A .html, .txt, .pdf or .png file; text on the screen if left out.")
    ] = None,
    rulebook: RulebookOption = Path("rulebook"),
    as_json: JsonFlag = False,
) -> None:
    """Show a trigger's message as a sample person or a customer would get it.

    Example: courtesy render lease_end_offer --channel letter --out letter.pdf
    """
    shown = _shown(trigger, sample, customer, channel, rulebook, out)
    if out is not None:
        _write(shown, out)
    if as_json:
        told = {"trigger": trigger, "channel": shown.channel, "language": shown.language, "subject": shown.subject,
                "preheader": shown.preheader, "html": shown.html, "text": shown.text, "parts": shown.parts,
                "file": str(out or "")}  # fmt: skip
        show_json(told)
    elif out is not None:
        console.print(f"{shown.channel} of {trigger} written to {out}")
    elif shown.pdf:
        raise RefusedInput(f"a {shown.channel} needs a file: --out {trigger}.pdf or .png")
    else:
        head = f"Subject: {shown.subject}\nPreheader: {shown.preheader}\n\n" if shown.html else ""
        console.print(f"{head}{shown.text}")


def _shown(trigger: str, sample: str, customer: str, channel: str, folder: Path, out: Path | None) -> "Shown":
    from datetime import UTC, datetime

    from courtesy.messages import preview as messages
    from courtesy_local.vendor.preview import Preview

    pictures = 144 if out is not None and out.suffix == ".png" else 0
    if not customer:
        preview = Preview(folder)
        return preview.show(
            trigger,
            channel or preview.channels(trigger)[0],
            preview.sample(trigger, sample),
            pictures=pictures,
        )
    from courtesy_aws.customers import DynamoCustomerStore
    from courtesy_aws.tables.blocks import DynamoBlockStore
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore
    from courtesy_local.stack.local_stack import LocalStack
    from courtesy_local.stack.publishing import adapters_on

    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    names = stack.outputs()
    with adapters_on(stack.environment()):
        stored = DynamoCustomerStore(names.timeline_table, names.profiles_table).read_profile(customer)
        if stored.version == 0:
            raise NotFound(f"there is no customer {customer!r}")
        blocks = DynamoBlockStore(names.rulebooks_table)
        published = messages.Preview(
            DynamoRulebookStore(names.rulebooks_table).current(),
            lambda dealer: blocks.read(dealer)[0].in_force(),
        )
        chosen = channel or published.channels(trigger)[0]
        return published.show(trigger, chosen, stored.profile, now=datetime.now(UTC), pictures=pictures)


def _write(shown: "Shown", out: Path) -> None:
    """Write what was shown in the form that the file's name asks for. Raises RefusedInput."""
    forms = {".txt": shown.text.encode(), ".html": shown.html.encode(), ".pdf": shown.pdf}
    if out.suffix == ".png" and shown.html:
        from courtesy_local.vendor.preview import browser, photograph

        found = browser()
        page = out.with_suffix(".html")
        page.write_text(shown.html, encoding="utf-8")
        if found is None or not photograph(found, page, out):
            raise RefusedInput(
                f"a picture of an e-mail needs Chromium; {page} was written, open it in a browser"
            )
        return
    if out.suffix == ".png" and shown.pages:
        for number, page_picture in enumerate(shown.pages, 1):
            (out if number == 1 else out.with_stem(f"{out.stem}-{number}")).write_bytes(page_picture)
        return
    if not forms.get(out.suffix):
        able = ", ".join(
            [form for form, content in forms.items() if content]
            + ([".png"] if shown.html or shown.pdf else [])
        )
        raise RefusedInput(f"{out.name}: a message by {shown.channel} is written as {able}")
    out.write_bytes(forms[out.suffix])


def gallery(
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("build/gallery"),
    pictures: Annotated[
        bool, typer.Option(help="Pictures of e-mails where Chromium is installed; frames otherwise.")
    ] = True,
    rulebook: RulebookOption = Path("rulebook"),
    as_json: JsonFlag = False,
) -> None:
    """Write all messages in all channels to one HTML page with thumbnails.

    Example: courtesy gallery --out build/gallery --no-pictures
    """
    from courtesy_local.vendor.preview import Preview, browser, write_gallery

    with progress(quiet=as_json) as bar:
        task = bar.add_task("messages", total=None)
        page = write_gallery(
            Preview(rulebook), out, browser=browser() if pictures else None, told=lambda _: bar.advance(task)
        )
    if as_json:
        show_json({"page": str(page)})
    else:
        console.print(f"gallery written to {page}")


def proof(
    trigger: Annotated[str, typer.Argument(help="The trigger whose e-mail is sent.")],
    to: Annotated[str, typer.Option(help="Who gets the proof.")],
    sample: Annotated[str, typer.Option(help="ordinary, sparse, german or hostile.")] = "ordinary",
    rulebook: RulebookOption = Path("rulebook"),
    as_json: JsonFlag = False,
) -> None:
    """Send a trigger's e-mail as a sample person would get it to somebody of the house; no contact, nothing is counted.

    Example: courtesy proof welcome_cars --to brand@example.com
    """
    from email_validator import EmailNotValidError, validate_email

    from courtesy.errors import OutsideFailed
    from courtesy.messages.ports import Accepted, Mail
    from courtesy_aws.mailer import SesMailer
    from courtesy_aws.sending import TIME_NEEDED_MS
    from courtesy_local.stack.local_stack import LocalStack
    from courtesy_local.stack.publishing import adapters_on
    from courtesy_local.vendor.preview import Preview

    preview = Preview(rulebook)
    if "email" not in preview.channels(trigger):
        raise RefusedInput(
            f"{trigger} has no e-mail; see it with `courtesy render {trigger} --out {trigger}.pdf`"
        )
    try:
        validate_email(to, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RefusedInput("--to is no e-mail address; expected one like brand@example.com") from error
    shown = preview.email(trigger, sample)
    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    names = stack.outputs()
    mail = Mail(
        from_name="Proof",
        from_address=names.sender,
        to=to,
        subject=f"[proof] {shown.subject}",
        html=shown.html,
        text=shown.text,
        tags={"proof": trigger},
        pictures=shown.pictures,
    )
    with adapters_on(stack.environment()):
        answer = SesMailer(names.configuration_set, names.sender, lambda: TIME_NEEDED_MS).send(mail)
    if not isinstance(answer, Accepted):
        raise OutsideFailed(f"the proof was not sent: {answer.reason}")
    if as_json:
        show_json({"trigger": trigger, "message_id": answer.message_id})
    else:
        console.print(f"proof of {trigger} sent; see it with `courtesy outbox`")


def outbox(
    save: Annotated[
        Path | None, typer.Option(help="Save the HTML of mails and the PDFs of pieces here.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Save, and open the newest mail in a browser.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many of each are shown.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """What was mailed and printed on the local stack.

    Example: courtesy outbox --save sent
    """
    from courtesy_local.stack.local_stack import LocalStack

    stack = LocalStack()
    if not stack.is_up():
        raise NotUp("the local stack is not up")
    mails = stack.sent_mail()
    s3, bucket = stack.client("s3"), stack.outputs().lake_bucket
    pieces: list[dict[str, Any]] = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="mailings/"):
        pieces += [
            {"path": o["Key"], "bytes": o["Size"]}
            for o in page.get("Contents", [])
            if o["Key"].endswith(".pdf")
        ]
    if open_ and save is None:
        save = Path("build/outbox")
    saved = 0
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        for mail in mails:
            name = re.sub(r"[^A-Za-z0-9-]", "-", mail["MessageId"].partition("@")[0])
            (save / f"mail-{name}.html").write_text(mail.get("BodyHtml") or "", encoding="utf-8")
        for piece in pieces:
            content = s3.get_object(Bucket=bucket, Key=piece["path"])["Body"].read()
            (save / piece["path"].rpartition("/")[2]).write_bytes(content)
        saved = len(mails) + len(pieces)
        if open_ and mails:
            name = re.sub(r"[^A-Za-z0-9-]", "-", mails[-1]["MessageId"].partition("@")[0])
            webbrowser.open((save / f"mail-{name}.html").resolve().as_uri())
    if as_json:
        shown = [{"message_id": m["MessageId"], "to": m["To"], "subject": m["Subject"]} for m in mails]
        show_json({"mails": shown, "pieces": pieces, "saved": saved})
        return
    table(f"{len(mails)} mails", ["to", "subject"], [(m["To"][0], m["Subject"]) for m in mails[-limit:]])
    table(
        f"{len(pieces)} printed pieces",
        ["file", "bytes"],
        [(p["path"], p["bytes"]) for p in pieces[-limit:]],
        right=[1],
    )
    if save is not None:
        console.print(f"{saved} files saved in {save}")
