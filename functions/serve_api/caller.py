"""Who calls: the roles, divisions and dealers in the token that the HTTP API's authorizer has checked."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

ROLES = frozenset({"marketer", "approver", "agent", "dealer", "privacy_officer", "engineer", "source"})
UNBOUND = frozenset({"privacy_officer", "engineer"})
"""Roles that see every division, whatever their token says."""
ALWAYS_BOUND = frozenset({"agent", "dealer"})
"""Roles that see nothing without a division in their token. Marketers and approvers are bound where theirs names some."""
DIVISIONS_CLAIM = "custom:divisions"
DEALER_CLAIM = "custom:dealer"
SOURCES_CLAIM = "custom:sources"


@dataclass(frozen=True)
class Caller:
    """A signed-in person or system. `divisions`, `dealers`, `sources`: as the token names them."""

    id: str
    roles: frozenset[str]
    divisions: frozenset[str]
    dealers: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    @property
    def bound(self) -> bool:
        """Whether they see their divisions only."""
        if self.roles & UNBOUND:
            return False
        return bool(self.divisions) or not self.roles - ALWAYS_BOUND

    def own_sources(self, known: Collection[str]) -> list[str]:
        """Those of the known sources that the caller may see, sorted: a source system sees what its token names, people see all."""
        return sorted(set(known) & self.sources if self.roles == {"source"} else known)

    def acting_as(self, roles: Collection[str]) -> "Caller":
        """The caller with only those of their roles; what they may see follows from these."""
        return replace(self, roles=self.roles & frozenset(roles))


def caller_of(event: APIGatewayProxyEventV2) -> Caller:
    """The caller of a request. Raises UnauthorizedError where the request carries no checked token."""
    authorizer = event.request_context.authorizer
    claims = authorizer.jwt_claim if authorizer else None
    if not claims:
        raise UnauthorizedError("this route needs a token of the user pool in the Authorization header")
    return Caller(
        id=str(claims.get("sub", "")),
        roles=frozenset(_words(claims.get("cognito:groups"))) & ROLES,
        divisions=frozenset(_words(claims.get(DIVISIONS_CLAIM))),
        dealers=frozenset(_words(claims.get(DEALER_CLAIM))),
        sources=frozenset(_words(claims.get(SOURCES_CLAIM))),
    )


def _words(claim: object) -> list[str]:
    """Cognito gives groups as a list, HTTP APIs hand them on as the text `[a b]`; divisions are text with blanks or commas."""
    if isinstance(claim, list):
        return [str(word) for word in claim]
    return str(claim or "").strip("[]").replace(",", " ").split()
