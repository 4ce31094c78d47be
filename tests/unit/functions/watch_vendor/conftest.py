"""The shipped rulebook."""

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from tests.unit.messages.people import FOLDER


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook(FOLDER, compile_messages)
