"""The rules of the house that need no synth: names, sizes, what may stand in tracked files."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONGEST_HANDLER = 80
NAMES_WITHOUT_MEANING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "managers",
    "common",
    "core",
    "misc",
}
MACHINE_PATH = re.compile(r"(?<![\w./:*-])/(?:home|root|Users|work|mnt|srv)/\w")
ADDRESS = re.compile(
    r"https?://|^\s*--(?:index-url|extra-index-url|find-links)|\"resolved\"|file://", re.MULTILINE
)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".in", ".lock", ".css", ".js", ".html", ".run", ""}


def tracked() -> list[Path]:
    """The files of the project: what git knows, or where there is no git, all but what tools leave behind."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0 and done.stdout:
        return [ROOT / name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    left_behind = {"node_modules", "build", "cdk.out", "dist"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") or part in left_behind for part in path.relative_to(ROOT).parts)
    ]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    found = tracked()
    assert ROOT / "pyproject.toml" in found
    return found


def functions() -> set[str]:
    """The functions' names by their folders."""
    return {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


def test_functions_features_and_tests_carry_the_same_names() -> None:
    features = {path.stem for path in (ROOT / "infra" / "features").glob("*.py")} - {"__init__"}
    tests = {path.parent.name for path in (ROOT / "tests" / "unit" / "functions").glob("*/test_*.py")}

    assert len(functions()) == 19
    assert features == functions()
    assert tests == functions()


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_is_a_short_handler_with_settings_and_wiring(name: str) -> None:
    folder = ROOT / "functions" / name

    assert len((folder / "handler.py").read_text().splitlines()) <= LONGEST_HANDLER
    assert "class Settings(FunctionSettings)" in (folder / "settings.py").read_text()
    assert "def wire(" in (folder / "wiring.py").read_text()


def test_the_architecture_page_tells_of_every_function_and_table() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    tables = set(re.findall(r'self\._table\(\s*"(\w+)"', (ROOT / "infra" / "data_stack.py").read_text()))

    assert len(tables) == 5, "no table was found: the pattern of this test has gone stale"
    assert [name for name in sorted(functions() | tables) if f"`{name}`" not in page] == []


def test_decisions_are_numbered_without_a_gap_and_dated() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    heads = [page.read_text().split("\n", 3) for page in pages]

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert [head[0].partition(". ")[0] for head in heads] == [f"# {n}" for n in range(1, len(pages) + 1)]
    assert [head[2] for head in heads if not re.fullmatch(r"\d{4}-\d\d-\d\d\. Accepted\.", head[2])] == []


def test_no_file_or_folder_has_a_name_without_meaning(files: list[Path]) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in files
        for part in path.relative_to(ROOT).parts
        if part.split(".")[0] in NAMES_WITHOUT_MEANING
    ]

    assert not found


def test_lock_files_name_no_registry() -> None:
    for name in ("requirements.lock", "local/ministack.lock", "package-lock.json"):
        lock = (ROOT / name).read_text()

        assert ADDRESS.search(lock) is None, f"{name} names an address: write it with `make lock`"


def test_locked_python_packages_carry_hashes() -> None:
    for name in ("requirements.lock", "local/ministack.lock"):
        requirements = [block for block in re.split(r"\n(?=\S)", (ROOT / name).read_text()) if "==" in block]

        assert requirements
        assert [block.split(" ")[0] for block in requirements if "--hash=sha256:" not in block] == []


def test_layers_name_only_what_the_lock_pins() -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))

    for path in sorted((ROOT / "layers").glob("*/requirements.in")):
        named = {line for line in path.read_text().splitlines() if line and not line.startswith("#")}
        assert named <= pinned, f"{path.relative_to(ROOT)}: {named - pinned} are not in requirements.lock"


def machine_paths(files: list[Path]) -> Iterator[str]:
    """Places where a tracked text speaks of a folder of somebody's machine."""
    for path in files:
        if path.suffix in TEXT and path != Path(__file__) and path.name != "LICENSE":
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if MACHINE_PATH.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}"


def test_no_tracked_file_names_a_folder_of_somebodys_machine(files: list[Path]) -> None:
    assert list(machine_paths(files)) == []


def test_nothing_touches_the_import_path(files: list[Path]) -> None:
    """Packages are found where they are installed, as in Lambda's layers."""
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.suffix == ".py" and path != Path(__file__) and "sys.path" in path.read_text()
    ]

    assert found == []
