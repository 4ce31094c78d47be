"""Publishes a rulebook folder on the local stack, by the store that the API uses."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from courtesy.errors import NotFound, RefusedRule
from courtesy.messages.compile import compile_messages
from courtesy.rulebook.files import read_files
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.versions import sections_of
from courtesy_aws.session import forget_clients
from courtesy_aws.tables.rulebooks import DynamoRulebookStore

if TYPE_CHECKING:
    from courtesy_local.stack.local_stack import LocalStack

PUBLISHER = "courtesy up"


def publish(stack: "LocalStack", folder: Path, at: datetime) -> int:
    """The version in force afterwards; a new one only if the folder says something else. Raises RefusedRule, Conflict."""
    sections, files = sections_of(load_rulebook(folder, compile_messages)), read_files(folder)
    with adapters_on(stack.environment()):
        store = DynamoRulebookStore(stack.outputs().rulebooks_table)
        # What another release published and this one cannot read is replaced.
        with suppress(NotFound, RefusedRule):
            in_force = store.current()
            if sections_of(in_force) == sections:
                return in_force.version
        return store.publish(sections, PUBLISHER, at, files=files).version


@contextmanager
def adapters_on(environment: Mapping[str, str]) -> Iterator[None]:
    """Let the adapters of this process speak to the server that the environment names, then be as before."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    forget_clients()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        forget_clients()
