"""The list of routes as `routes/index.py` has it: written anew from what the routes declare by `make openapi`."""

from functions.serve_api.application import join_all
from functions.serve_api.gate import DECLARED

HEAD = '''"""Every route: method, path, the module that answers it, its kind of rate, and whether it is public.

Written by `make openapi` from the routes' declarations; a test holds it against them.
"""

from functions.serve_api.rates import Kind

LINES: tuple[tuple[str, str, str, Kind, bool], ...] = (
'''


def listing() -> str:
    """The text of `routes/index.py`."""
    join_all()
    lines = [
        (route.rule, route.method, route.module, route.access.rate, route.access.public)
        for route in DECLARED.values()
    ]
    return (
        HEAD
        + "".join(
            f'    ("{method}", "{rule}", "{module}", "{rate}", {public}),\n'
            for rule, method, module, rate, public in sorted(lines)
        )
        + ")\n"
    )
