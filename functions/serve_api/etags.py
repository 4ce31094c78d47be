"""ETags of what can be changed by several people: the revision that somebody saw is named with the change."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import BaseModel

from courtesy.errors import Stale

IfMatch = Annotated[
    str,
    Header(alias="If-Match", max_length=40, description='the ETag that you saw, e.g. "7"; 428 without it'),
]


class Unconditional(ServiceError):
    """A change that does not say which state it was made of."""

    def __init__(self) -> None:
        super().__init__(
            428, "give the ETag of what you saw in If-Match, so that nobody's change is lost unseen"
        )


def must_match(given: str, revision: int) -> None:
    """Raises Unconditional without an ETag, Stale where it is not that of the revision."""
    if not given:
        raise Unconditional
    if given.removeprefix("W/").strip('"') != str(revision):
        raise Stale(f"you saw {given}, and it is revision {revision} by now; look again, then change it")


def tagged(status: int, view: BaseModel, revision: int, **headers: str) -> Response[Any]:
    """The view as JSON with its ETag."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=view,
        headers={"ETag": f'"{revision}"', **headers},
    )
