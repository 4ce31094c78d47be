"""A lake to read from: the local stack's, or a copy of one in a folder; and the rules in force there."""

from pathlib import Path
from typing import Protocol

from courtesy.errors import NotFound
from courtesy.population.plan import cycle_path, newest_first
from courtesy.population.scores import Scores, decode_scores
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from courtesy_local.stack import places


class Readable(Protocol):
    """What is read of a lake."""

    def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Paths below a prefix, sorted."""
        ...


class FolderLake:
    """A copy of a lake in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        try:
            return (self._folder / path).read_bytes()
        except OSError:
            raise NotFound(f"there is no {path} in {self._folder}") from None

    def list(self, prefix: str) -> list[str]:
        """Paths below a prefix, sorted."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return sorted(
            found for path in files if (found := path.relative_to(self._folder).as_posix()).startswith(prefix)
        )


class StackLake:
    """The local stack's lake. Raises NotUp where it is not up."""

    def __init__(self) -> None:
        from courtesy_local.demo.works import Works

        self._works = Works.open()

    def get(self, path: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        return self._works.lake_get(path)

    def list(self, prefix: str) -> list[str]:
        """Paths below a prefix, sorted."""
        return self._works.lake_list(prefix)


def open_lake(folder: Path | None) -> Readable:
    """The copy in the folder where one is given, else the local stack's lake."""
    return FolderLake(folder) if folder is not None else StackLake()


def in_force(folder: Path | None) -> Rulebook:
    """The published rulebook of the stack; for a copy of a lake the checkout's."""
    if folder is not None:
        return load_rulebook(places.CHECKOUT / "rulebook")
    from courtesy_aws.tables.rulebooks import DynamoRulebookStore
    from courtesy_local.stack.local_stack import LocalStack
    from courtesy_local.stack.publishing import adapters_on

    stack = LocalStack()
    with adapters_on(stack.environment()):
        return DynamoRulebookStore(stack.outputs().rulebooks_table).current()


def scores_of(lake: Readable, cycle_id: str) -> Scores:
    """The scores of a cycle. Raises NotFound."""
    return decode_scores(lake.get(cycle_path(cycle_id, "scores.json")))


def cycles(lake: Readable) -> list[str]:
    """The ids of the cycles that wrote a report, oldest first."""
    paths = (path.removeprefix("outcomes/cycles/") for path in lake.list("outcomes/cycles/"))
    ended = (path.removesuffix(".json") for path in paths if "/" not in path)
    return newest_first(lake, ended)[::-1]


def latest_cycle(lake: Readable) -> str:
    """The id of the latest cycle. Raises NotFound."""
    found = cycles(lake)
    if not found:
        raise NotFound("no cycle has ended yet; run `courtesy cycle --wait`")
    return found[-1]


def cycle_on(lake: Readable, given: str) -> str:
    """A cycle's id from itself or from its date (the last of that day). Raises NotFound."""
    found = [cycle_id for cycle_id in cycles(lake) if cycle_id == given or cycle_id.startswith(f"{given}-")]
    if not found:
        raise NotFound(f"there is no cycle {given!r}; there are: {', '.join(cycles(lake)[-8:]) or 'none'}")
    return found[-1]


def fetch(lake: Readable, kind: str, cycle_id: str, folder: Path) -> list[Path]:
    """Copies the parts of a cycle's `snapshots` or `segments` into a folder. Raises NotFound where there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = []
    for path in lake.list(f"{kind}/{cycle_id}/part-"):
        if path.endswith(".parquet"):
            copied.append(folder / Path(path).name)
            copied[-1].write_bytes(lake.get(path))
    if not copied:
        raise NotFound(f"the {kind} of cycle {cycle_id} are not in the lake")
    return copied
