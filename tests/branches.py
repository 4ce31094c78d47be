"""The share of the domain's branches that the tests took, and the files with most of the others; fails below the least share."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

SHOWN = 12


def main(least: float) -> int:
    """Read `.coverage`, print the share, and return 1 where it is below `least` percent."""
    with TemporaryDirectory() as folder:
        told = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(told)]
        subprocess.run(command, check=True)
        measured = json.loads(told.read_text())
    table = Table("file", "branches", "not taken", box=None)
    files = [(name, file["summary"]) for name, file in measured["files"].items()]
    for name, seen in sorted(files, key=lambda file: -file[1]["missing_branches"])[:SHOWN]:
        if seen["missing_branches"]:
            table.add_row(name, str(seen["num_branches"]), str(seen["missing_branches"]))
    console, totals = Console(width=120), measured["totals"]
    console.print(table)
    taken = 100.0 * totals["covered_branches"] / totals["num_branches"]
    lines = 100.0 * totals["covered_lines"] / totals["num_statements"]
    console.print(
        f"{totals['covered_branches']} of {totals['num_branches']} branches of the domain were taken, {taken:.1f} % "
        f"(at least {least:g} % must be), and {lines:.1f} % of the lines.",
        highlight=False,
    )
    return int(taken < least)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
