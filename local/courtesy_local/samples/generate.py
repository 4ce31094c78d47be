"""The seeded generator: a folder of dropped files for two days, and the truth about them."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile

from courtesy_local.samples.forms import FORMS
from courtesy_local.samples.history import History, history
from courtesy_local.samples.people import Person, person
from courtesy_local.samples.rows import Entry, entries
from courtesy_local.samples.sheets import Sheet, sheet, truncated
from courtesy_local.samples.spoil import SHARE, spoil
from courtesy_local.samples.truth import FileTruth, Truth

REPEATED = "parts_shop_orders"
"""The source whose first file is dropped again under another name, byte for byte, on the second day."""
CORRUPT = "loyalty_programme"
"""The source that drops a broken-off gzip file on the second day."""
UNKNOWN = "telematics_trips"
"""The folder that no contract describes."""


def generate(
    folder: Path,
    customers: int = 2000,
    seed: int = 7,
    days: int = 2,
    today: date | None = None,
    progress: Callable[[int], None] = lambda _: None,
    simulator: str = "DE",
) -> Truth:
    """Write the files below `folder` under the keys they are dropped as, and return the truth (also in `truth.json`).

    days:  1 or 2; the second day brings changes, late rows, a repeated file, a corrupt one and an unknown source
    today: date of the last day; the current date (UTC) where it is not given. The same arguments make the same bytes
    progress: called with the number of people done, every thousand
    simulator: country (DE, US or AU) of the two people whose mail goes to SES's mailbox simulator
    """
    if days not in (1, 2):
        raise ValueError(f"the sample world has 1 or 2 days, not {days}")
    last = today or datetime.now(tz=UTC).date()
    first = last - timedelta(days=days - 1)
    truth = Truth(seed=seed, customers=customers, today=last)
    world = _World(folder, first, days, truth, Random(f"{seed}/spoil"))
    for number in range(customers):
        who = person(seed, number, first, simulator)
        life = history(seed, who, first)
        if days == 1 and life.arrives_day2:
            continue
        truth.addresses[number] = [address for address in (who.email, who.second_email) if address]
        world.add(who, life, entries(seed, who, life, first))
        if number % 1000 == 999:
            progress(number + 1)
    world.finish()
    truth.save(folder / "truth.json")
    progress(customers)
    return truth


class _World:
    """The open files of all sources and the rows that went into them."""

    def __init__(self, folder: Path, first: date, days: int, truth: Truth, rng: Random) -> None:
        self._folder, self._first, self._days, self._truth, self._rng = folder, first, days, truth, rng
        self._sheets: dict[tuple[str, str], tuple[Sheet, FileTruth]] = {}
        for source in FORMS:
            self._open(source, "day1", first, 1, "")
        if days == 2:
            for source in FORMS:
                if source != "lease_contracts":
                    self._open(source, "day2", first + timedelta(days=1), 2, "")
            self._open("dealer_sales", "late", first + timedelta(days=1), 2, "_late")

    def _open(self, source: str, slot: str, day: date, number: int, mark: str) -> None:
        name = f"{source}_{day:%Y%m%d}{mark}{FORMS[source].suffix}"
        file = FileTruth(f"{source}/{day:%Y/%m/%d}/{name}", source, number)
        self._sheets[source, slot] = (sheet(self._folder / file.key, FORMS[source]), file)

    def add(self, who: Person, life: History, rows: Iterable[Entry]) -> None:
        """Write one person's rows and, now and then, a spoilt copy."""
        said_no = [
            c for c in life.choices if c.channel in ("email", "*") and c.division == "*" and not c.granted
        ]
        for entry in rows:
            self._write(entry, who)
            if said_no and entry.source == "web_registrations":
                day = 2 if said_no[-1].day2 or life.arrives_day2 else 1
                self._truth.withdrawn[entry.row["email"].lower()] = day

    def _write(self, entry: Entry, who: Person) -> None:
        held = self._sheets.get((entry.source, entry.slot))
        if held is None:
            return
        out, file = held
        out.write(entry.row)
        file.rows += 1
        if entry.unchanged:
            file.unchanged += 1
        else:
            file.loaded += 1
        if entry.subject:
            self._truth.people[entry.subject] = who.number
        if entry.slot != "late" and (self._rng.random() < SHARE or file.rows == 7):
            what = spoil(self._rng, entry.source, entry.row, out)
            file.rows += 1
            file.quarantined += 1
            file.bad[out.line] = what

    def finish(self) -> None:
        """Close the files, add the broken ones of the second day, and settle which withdrawn addresses count."""
        truth = self._truth
        for out, file in self._sheets.values():
            out.close()
            if file.rows:
                truth.files.append(file)
            else:
                (self._folder / file.key).unlink()  # a source with nothing to say drops nothing
        owners = Counter(address for own in truth.addresses.values() for address in own)
        truth.withdrawn = {address: day for address, day in truth.withdrawn.items() if owners[address] <= 1}
        if self._days == 2:
            self._add_broken()

    def _add_broken(self) -> None:
        day = self._first + timedelta(days=1)
        first = {file.source: file for file in self._truth.files if file.day == 1}
        again = FileTruth(first[REPEATED].key.replace(".csv", "_again.csv"), REPEATED, 2, refused="repeated")
        again.rows = again.unchanged = first[REPEATED].rows
        broken = FileTruth(
            f"{CORRUPT}/{day:%Y/%m/%d}/{CORRUPT}_{day:%Y%m%d}_2.csv.gz", CORRUPT, 2, refused="broken_gzip"
        )
        unknown = FileTruth(f"{UNKNOWN}/{day:%Y/%m/%d}/trips.csv", UNKNOWN, 2, refused="unknown_source")
        copyfile(self._folder / first[REPEATED].key, self._folder / again.key)
        truncated(self._folder / broken.key, self._folder / first[CORRUPT].key)
        path = self._folder / unknown.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("trip,vehicle,km\n1,XAC00000000000001,12\n", encoding="utf-8")
        self._truth.files += [again, broken, unknown]
