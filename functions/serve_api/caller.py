"""Who calls: the roles and divisions in the token that the HTTP API's authorizer has checked."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler.exceptions import ForbiddenError, UnauthorizedError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

ROLES = frozenset({"marketer", "approver", "agent", "dealer", "privacy_officer", "engineer", "source"})
LOCAL_DIVISIONS_CLAIM = "custom:divisions"


@dataclass(frozen=True)
class Caller:
    """A signed-in person or system. `divisions` empty: all of them (only for roles that are not bound to any)."""

    id: str
    roles: frozenset[str]
    divisions: frozenset[str]

    @property
    def bound(self) -> bool:
        """Agents and dealers see their divisions only."""
        return not self.roles & {"marketer", "approver", "privacy_officer", "engineer"} and bool(
            self.roles & {"agent", "dealer"}
        )


def caller_of(event: APIGatewayProxyEventV2) -> Caller:
    """The caller of a request. Raises UnauthorizedError where the request carries no checked token."""
    authorizer = event.request_context.authorizer
    claims = authorizer.jwt_claim if authorizer else None
    if not claims:
        raise UnauthorizedError("this route needs a token of the user pool in the Authorization header")
    return Caller(
        id=str(claims.get("sub", "")),
        roles=frozenset(_words(claims.get("cognito:groups"))) & ROLES,
        divisions=frozenset(_words(claims.get(LOCAL_DIVISIONS_CLAIM))),
    )


def require(event: APIGatewayProxyEventV2, *roles: str) -> Caller:
    """The caller, if one of `roles` is theirs. Raises UnauthorizedError, ForbiddenError."""
    caller = caller_of(event)
    if not caller.roles & set(roles):
        raise ForbiddenError(f"this needs one of the roles {', '.join(sorted(roles))}")
    if caller.bound and not caller.divisions:
        raise ForbiddenError("agents and dealers need a division in their token (custom:divisions)")
    return caller


def _words(claim: object) -> list[str]:
    """Cognito gives groups as a list, HTTP APIs hand them on as the text `[a b]`; divisions are text with blanks or commas."""
    if isinstance(claim, list):
        return [str(word) for word in claim]
    return str(claim or "").strip("[]").replace(",", " ").split()
