"""How many requests are let in: each route is of one of these kinds, which its declaration names.

The gateway holds `a_second` and `burst` for each route by itself, whoever calls. `a_minute` holds for one caller on one route, is
counted by the API, and is given only where a request costs so much more than counting it that counting is cheap: a counter is a
write unit and 3 to 5 ms.
"""

from typing import Literal, NamedTuple

Kind = Literal["read", "write", "heavy", "public", "page"]


class Rate(NamedTuple):
    """Requests a second and at once of a route; of one caller a minute, 0 where callers are not counted."""

    a_second: int
    burst: int
    a_minute: int = 0


RATES: dict[Kind, Rate] = {
    "read": Rate(100, 200),
    "write": Rate(50, 100),
    "heavy": Rate(5, 10, a_minute=30),
    "public": Rate(20, 40),
    "page": Rate(100, 200),
}
"""read, write: what is asked and changed; heavy: seconds of work or a document of megabytes; public: links in mails, without a
token; page: the console's files."""
REST = RATES["read"]
"""For paths that are no route."""
