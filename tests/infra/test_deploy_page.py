"""What can be given to a deployment is said in its documentation, and nothing else."""

import re
from pathlib import Path

from infra.config import HELP

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"


def test_every_context_value_stands_in_the_table_of_the_deployment_page() -> None:
    given = set(re.findall(r"-c (\w+)=", HELP)) - {"local"}
    written = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(given) > 5
    assert written == given
