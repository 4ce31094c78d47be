"""The gate: who may call which route, declared beside the route and enforced here, before anything else is looked at.

Each route says its roles and its scope. The gate answers 401 without a token, 403 for another role, and 404 where a caller
who is bound to divisions has no business with the customer in the path; only then is the request read. What was admitted is
what handlers ask for with `caller()` and `seen()`.
"""

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from aws_lambda_powertools.event_handler.exceptions import ForbiddenError, ServiceError
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from courtesy.errors import NotFound
from courtesy.identity.hashing import keyed_hash
from courtesy.ports import StoredProfile
from courtesy.privacy.visible import is_visible
from functions.serve_api import wiring
from functions.serve_api.caller import ROLES, Caller, caller_of
from functions.serve_api.directory import parameter
from functions.serve_api.problems import TooMany
from functions.serve_api.rates import RATES, Kind

Scope = Literal["customer", "divisions", "house"]
"""customer: about the one in the path; divisions: answers hold what the caller's divisions hold; house: about nobody."""

Handler = TypeVar("Handler", bound=Callable[..., Any])
Answer = dict[str, Any]

CUSTOMER_ID = re.compile(r"c[a-z0-9]{20,40}")
JSON = "application/json"
NOBODY = "there is no customer with this id"
"""Said for customers of other divisions too: nobody learns here who is a customer elsewhere."""


class NoJson(ServiceError):
    """A body of another kind."""

    def __init__(self) -> None:
        super().__init__(415, f"give the body as {JSON}, and say so in Content-Type")


class MalformedId(ServiceError):
    """The id in the path can be nobody's."""


@dataclass(frozen=True)
class Access:
    """Who may call a route, and how often.

    look: the word under which a look at the customer is recorded; public: no token is asked for; asks: nothing is changed by it,
    though it is no GET.
    """

    roles: frozenset[str] = frozenset()
    scope: Scope = "house"
    look: str = ""
    public: bool = False
    rate: Kind = "read"
    asks: bool = False


@dataclass(frozen=True)
class Route:
    """A method and a path with what is declared of it. `rule` has its parameters as `<name>`; `module` is its file."""

    method: str
    rule: str
    module: str
    access: Access

    @property
    def writes(self) -> bool:
        """Whether it takes a body or changes something: all but GET."""
        return self.method != "GET"


DECLARED: dict[tuple[str, str], Route] = {}
"""The routes of the modules that were imported, by method and rule."""


class Router:
    """A resource's routes. Each names its `roles`, or says that it is `public`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.inner = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

    @property
    def current_event(self) -> APIGatewayProxyEventV2:
        """The request."""
        event: APIGatewayProxyEventV2 = self.inner.current_event
        return event

    def get(self, rule: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a GET; see `declare`."""
        return self.declare("GET", rule, **options)

    def post(self, rule: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a POST; see `declare`."""
        return self.declare("POST", rule, **options)

    def put(self, rule: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT; see `declare`."""
        return self.declare("PUT", rule, **options)

    def delete(self, rule: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE; see `declare`."""
        return self.declare("DELETE", rule, **options)

    def declare(
        self,
        method: str,
        rule: str,
        *,
        roles: Sequence[str] = (),
        scope: Scope = "house",
        look: str = "",
        public: bool = False,
        rate: Kind | None = None,
        asks: bool = False,
        **options: Any,
    ) -> Callable[[Handler], Handler]:
        """A route with who may call it and how often; further `options` are Powertools'.

        rate: `read` for what only asks and `write` for the rest where left out, `public` for what is public.
        Raises ValueError for a route that names neither roles nor `public`.
        """
        unknown = set(roles) - ROLES
        if unknown or bool(roles) == public:
            raise ValueError(f"{method} {rule}: name its roles (of {', '.join(sorted(ROLES))}) or say public")
        if (scope == "customer") != ("<customer_id>" in rule):
            raise ValueError(f"{method} {rule}: scope `customer` and `<customer_id>` in the path go together")
        if look and scope != "customer":
            raise ValueError(f"{method} {rule}: only a look at a customer is recorded")
        kind: Kind = rate or ("public" if public else "read" if asks or method == "GET" else "write")
        access = Access(frozenset(roles), scope, look, public, kind, asks)
        options.setdefault("tags", [self.tag])
        if public:
            options.setdefault("security", [{}])
        made: Callable[[Handler], Handler] = self.inner.route(rule, method, **options)

        def declared(handler: Handler) -> Handler:
            module = handler.__module__.rpartition(".")[2]
            DECLARED[method, rule] = Route(method, rule, module, access)
            return made(handler)

        return declared


@dataclass(frozen=True)
class Admitted:
    """A request that passed the gate."""

    route: Route
    caller: Caller
    stored: StoredProfile | None


_admitted: ContextVar[Admitted] = ContextVar("admitted")


def caller() -> Caller:
    """Who calls; only within a route that is not public."""
    return _admitted.get().caller


def seen() -> StoredProfile:
    """The customer of a route of scope `customer`, redirects followed, as it was read at the gate."""
    stored = _admitted.get().stored
    if stored is None:
        raise LookupError("this route is not about one customer; give it the scope `customer`")
    return stored


def admit(route: Route, event: APIGatewayProxyEventV2) -> Admitted:
    """Let a request in. Raises UnauthorizedError, ForbiddenError, NoJson, MalformedId, NotFound."""
    who = caller_of(event)
    if not who.roles & route.access.roles:
        raise ForbiddenError(f"this needs one of the roles {', '.join(sorted(route.access.roles))}")
    # What a caller may see follows from the roles that open this route, not from others that they have beside.
    who = who.acting_as(route.access.roles)
    if who.bound and not who.divisions:
        raise ForbiddenError("agents and dealers need a division in their token (custom:divisions)")
    kind = (event.headers or {}).get("content-type", JSON)
    if event.get("body") and kind.partition(";")[0].strip().lower() != JSON:
        raise NoJson
    return Admitted(route, who, _customer(route, event.path, who))


def count(admitted: Admitted) -> None:
    """Count the caller's request where its kind bounds callers. Raises TooMany."""
    allowed = RATES[admitted.route.access.rate].a_minute
    if not allowed:
        return
    outside, route = wiring.wire(), admitted.route
    now = outside.clock()
    who = keyed_hash(outside.key(), "caller", f"{admitted.caller.id} {route.method} {route.rule}")
    if not outside.answers.count(who, allowed, now):
        raise TooMany(allowed, 60 - now.second)


def carry_out(admitted: Admitted, work: Callable[[], Answer]) -> Answer:
    """Do the work of an admitted request, and record the look at the customer where there was one. Raises TooMany."""
    count(admitted)
    token = _admitted.set(admitted)
    try:
        answer = work()
    finally:
        _admitted.reset(token)
    look, stored = admitted.route.access.look, admitted.stored
    if look and stored is not None and answer["statusCode"] < 300:
        outside = wiring.wire()
        outside.looks.record(admitted.caller.id, stored.profile.customer_id, look, outside.clock())
    return answer


def _customer(route: Route, path: str, who: Caller) -> StoredProfile | None:
    if route.access.scope != "customer":
        return None
    asked = parameter(route.rule, path, "customer_id")
    if not CUSTOMER_ID.fullmatch(asked):
        raise MalformedId(
            422, "path.customer_id: a customer's id is a `c` and 20 to 40 small letters and digits"
        )
    stored = wiring.wire().store.read_profile(asked)
    if stored.version == 0 or (who.bound and not is_visible(stored.profile, sorted(who.divisions))):
        raise NotFound(NOBODY)
    return stored
