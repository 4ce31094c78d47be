"""The routes, a module per resource."""

from functions.serve_api.routes import (
    console,
    customers,
    cycles,
    dealers,
    desk,
    drafts,
    identity,
    intake,
    population,
    preferences,
    preview,
    sources,
    unsubscribe,
    versions,
)

ROUTES = (
    drafts,
    desk,
    versions,
    customers,
    identity,
    cycles,
    population,
    sources,
    intake,
    dealers,
    preview,
    preferences,
    unsubscribe,
    console,
)
"""In the order in which they are tried and described."""
