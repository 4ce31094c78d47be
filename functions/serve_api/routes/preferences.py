"""The preference page behind the link of every mail: GET shows, POST changes at once; no login, the signed link is the key.

The one-click link of RFC 8058 stays what it is (`unsubscribe`). This page can also give back what was turned off here, and
never more than marketing by the channels it shows.
"""

from dataclasses import replace
from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from courtesy.decisions.whereabouts import holder
from courtesy.messages.preferences import Choice, choices_of, record_choices
from functions.serve_api import wiring
from functions.serve_api.gate import Router
from functions.serve_api.routes.unsubscribe import invalid, page

router = Router("preferences")
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.=-]{10,600}$", description="opaque, signed")]
LABELS = {"email": "E-mail", "letter": "Letters", "postcard": "Postcards", "sms": "Text messages"}


@router.get("/u/<token>/preferences", public=True, summary="What a customer gets; changes nothing")
def show_preferences(token: Token) -> Response[str]:
    """A form with a box for each channel and division. Mail scanners follow links, so a GET changes nothing."""
    return _answer(token, None)


@router.post("/u/<token>/preferences", public=True, summary="Change what a customer gets")
def change_preferences(token: Token) -> Response[str]:
    """Boxes that are ticked are granted, the others are withdrawn, where that differs from what stood. At once."""
    text = router.current_event.decoded_body or ""
    return _answer(token, frozenset(parse_qs(text[:4000]).get("keep", [])))


def _answer(token: str, kept: frozenset[str] | None) -> Response[str]:
    outside = wiring.wire()
    wish = outside.read_wish(token)
    if wish is None:
        return invalid()
    wish = replace(wish, customer_id=holder(outside.store, wish.customer_id, wish.contact))
    profile = outside.store.read_profile(wish.customer_id).profile
    rulebook = outside.rulebooks.current()
    now = outside.clock()
    choices = choices_of(profile, rulebook, now)
    note = ""
    if kept is not None:
        record_choices(outside.store, wish, choices, kept, now)
        profile = outside.store.read_profile(wish.customer_id).profile
        choices = choices_of(profile, rulebook, now)
        note = '<p role="status">Saved. It takes effect at once.</p>'
    labels = {name: division.label for name, division in rulebook.divisions.items()}
    rows = "".join(_row(choice, labels) for choice in choices)
    body = (
        f"{note}<p>Tick what you would like to get from us. Messages about your contracts and requests always come.</p>"
        f'<form method="post"><fieldset style="border:0;padding:0">{rows}</fieldset><button>Save</button></form>'
    )
    return page(200, "What you get from us", body)


def _row(choice: Choice, labels: dict[str, str]) -> str:
    label = f"{LABELS[choice.channel]}: {labels.get(choice.division, 'the whole house')}"
    state = " checked" if choice.kept else " disabled" if choice.locked else ""
    box = f'<input type="checkbox" name="keep" value="{escape(choice.name)}"{state}>'
    return f"<p><label>{box} {escape(label)}</label></p>"
