"""The console's files: what is handed out, under which rules of the browser, and that it is whole."""

import json
import re
from pathlib import Path

import pytest

from courtesy.outcomes import Reason
from functions.serve_api.routes.console import files
from tests.unit.functions.serve_api.conftest import Api

CHECKOUT = Path(__file__).parents[4]
CONSOLE = CHECKOUT / "console"


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/console", "text/html"),
        ("/console/console.js", "text/javascript"),
        ("/console/console.css", "text/css"),
        ("/console/pages/today.js", "text/javascript"),
        ("/console/vendor/d3.js", "text/javascript"),
        ("/console/vendor/LICENSES.txt", "text/plain"),
        ("/console/config.json", "application/json"),
    ],
)
def test_the_console_is_served_without_a_token(api: Api, path: str, type_: str) -> None:
    answer = api("GET", path)
    assert answer.status == 200
    assert answer.type.startswith(type_)


@pytest.mark.parametrize(
    "name", ["__init__.py", "headers.json", "settings.py", "..%2Fhandler.py", "pages/none.js"]
)
def test_the_console_hands_out_nothing_else(api: Api, name: str) -> None:
    assert api("GET", f"/console/{name}").status in (404, 422)


def test_the_console_may_run_only_its_own_scripts_and_styles(api: Api) -> None:
    policy = api("GET", "/console").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "{" not in policy, "the place where people sign in is filled in"


def test_a_previewed_message_runs_in_a_page_without_rights(api: Api) -> None:
    policy = api("GET", "/console/preview.html").headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy
    assert "connect-src" not in policy
    assert policy.startswith("default-src 'none'")


def test_what_the_browser_holds_already_is_not_sent_again(api: Api) -> None:
    first = api("GET", "/console/console.js")
    again = api("GET", "/console/console.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")


def test_every_module_that_is_imported_is_there() -> None:
    for name in files():
        if not name.endswith(".js") or name.startswith("vendor/"):
            continue
        here = CONSOLE / name
        for wanted in re.findall(r'(?:from |import\()"(\.[^"]+)"', here.read_text(encoding="utf-8")):
            found = (here.parent / wanted).resolve()
            assert found.relative_to(CONSOLE).as_posix() in files(), f"{name} imports {wanted}"


def test_every_page_of_the_menu_has_its_module() -> None:
    menu = (CONSOLE / "console.js").read_text(encoding="utf-8")
    named = set(re.findall(r'\["([a-z-]+)", "[A-Z]', menu))
    assert len(named) > 10
    assert named <= {name[len("pages/") : -len(".js")] for name in files() if name.startswith("pages/")}


def test_the_libraries_are_those_of_the_lock_with_their_licences() -> None:
    lock = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]
    bundled = json.loads((CONSOLE / "vendor" / "LIBRARIES.json").read_text())
    licences = (CONSOLE / "vendor" / "LICENSES.txt").read_text()
    assert set(bundled) == {
        name[len("vendor/") :] for name in files() if name.endswith(".js") and "vendor/" in name
    }
    for inside in bundled.values():
        for library, version in inside.items():
            assert lock[f"node_modules/{library}"]["version"] == version, "run `make vendor`"
            assert f"{library} {version} (" in licences


def test_nothing_is_fetched_from_elsewhere_or_made_code_at_run_time() -> None:
    for path in CONSOLE.rglob("*"):
        if path.suffix not in {".js", ".html", ".css"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function\(", text), path.name
        if "vendor" not in path.parts:
            assert not re.search(r"innerHTML|outerHTML|document\.write|insertAdjacentHTML", text), path.name
            assert not re.search(r"""(?:src|href|from|import\(?)\s*=?\s*["']https?://""", text), path.name


def test_the_console_has_words_for_every_reason() -> None:
    spoken = (CONSOLE / "words.js").read_text(encoding="utf-8")
    missing = [reason.value for reason in Reason if f'{reason.value}: "' not in spoken]
    assert missing == []
