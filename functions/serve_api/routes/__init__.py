"""The routes, a module per resource."""

from functions.serve_api.routes import (
    console,
    customers,
    cycles,
    identity,
    intake,
    population,
    sources,
    unsubscribe,
)

ROUTES = (
    customers,
    identity,
    cycles,
    population,
    sources,
    intake,
    unsubscribe,
    console,
)
"""In the order in which they are tried and described."""
