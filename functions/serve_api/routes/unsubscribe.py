"""The public unsubscribe link. GET shows a page and changes nothing; POST withdraws at once (RFC 8058)."""

from html import escape
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.serve_api import wiring
from functions.serve_api.gate import Router

router = Router("unsubscribe")
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.=-]{10,600}$", description="opaque, signed")]

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.25rem}}
button{{font:inherit;padding:.75rem 1.5rem;border-radius:.5rem;border:0;background:#0b4f6c;color:#fff;cursor:pointer}}
button:focus-visible{{outline:3px solid #f59e0b;outline-offset:2px}}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


@router.get("/u/<token>", public=True, summary="The unsubscribe page; changes nothing")
def show_unsubscribe(token: Token) -> Response[str]:
    """A page with one button. Mail scanners follow links, so a GET never unsubscribes anybody."""
    wish = wiring.wire().read_wish(token)
    if wish is None:
        return invalid()
    what = escape(wish.division) if wish.division != "*" else "all our divisions"
    body = (
        f"<p>You will get no more marketing by {escape(wish.channel)} from {what}.</p>"
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        "<button>Unsubscribe</button></form>"
    )
    return page(200, "Unsubscribe", body)


@router.post("/u/<token>", public=True, summary="Unsubscribe with one click (RFC 8058)")
def unsubscribe(token: Token) -> Response[str]:
    """Withdraws the permission that the link stands for, at once. A second POST is a success too. Never a redirect."""
    outside = wiring.wire()
    wish = outside.read_wish(token)
    if wish is None:
        return invalid()
    outside.withdraw(wish)
    return page(200, "You are unsubscribed", "<p>It takes effect at once. You need not do anything else.</p>")


def invalid() -> Response[str]:
    """What anybody sees whose link is not one of ours."""
    text = "<p>It may have been cut off. Please use the link in your latest mail.</p>"
    return page(404, "This link is not valid", text)


def page(status: int, title: str, body: str) -> Response[str]:
    """A page that needs nothing from elsewhere and can be framed, cached and followed by nobody."""
    return Response(
        status_code=status, content_type="text/html; charset=utf-8", body=PAGE.format(title=title, body=body),
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy":
                 "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"},
    )  # fmt: skip
