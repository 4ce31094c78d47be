"""The stand-in print vendor, the gallery and the conformance kit."""

import json
import re
import shutil
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from courtesy.errors import RefusedInput, UnknownName
from courtesy.messages.compile import compile_messages
from courtesy.messages.mailing import recall
from courtesy.messages.samples import SAMPLES
from courtesy_local.cli.messages import register
from courtesy_local.cli.vendor import register as register_vendor
from courtesy_local.cli.vendor import vendor_check
from courtesy_local.vendor.checks import check_mailing
from courtesy_local.vendor.conformance import check_folder, write_sample
from courtesy_local.vendor.preview import Preview, browser, photograph, png, write_gallery
from courtesy_local.vendor.print_vendor import PrintVendor, Returns
from tests.unit.messages.people import FOLDER

REPORT: dict[str, Any] = {
    "schema": "courtesy.status.v1",
    "vendor": "harbor_print",
    "mailing_id": "sample-1",
    "status": "acknowledged",
    "at": "2026-03-04T09:00:00Z",
}


@pytest.fixture(scope="module")
def preview() -> Preview:
    return Preview(FOLDER)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    write_sample(FOLDER, tmp_path)
    return tmp_path


def report(folder: Path, *reports: dict[str, Any]) -> list[str]:
    lines = "".join(json.dumps(REPORT | r) + "\n" for r in reports)
    (folder / "status.jsonl").write_text(lines, encoding="utf-8")
    found: list[str] = check_folder(folder)["status_problems"]
    return found


def test_our_own_mailing_passes_the_printer_s_checks(sample: Path) -> None:
    found = check_folder(sample)
    assert found["problems"] == []
    assert found["pieces"] > 3


def test_every_shipped_piece_passes_the_printer_s_zones(preview: Preview) -> None:
    import hashlib

    for channel in ("letter", "postcard"):
        product = preview.product(channel)
        for trigger in preview.rulebook.triggers:
            if channel not in preview.channels(trigger):
                continue
            content = preview.pdf(trigger, channel, "german")
            line = {
                "piece_id": "p", "file": "p.pdf", "sha256": hashlib.sha256(content).hexdigest(), "pages": product.sides or 1,
                "name": "J", "company": "", "address_line1": "x", "address_line2": "", "address_city": "y",
                "address_state": "", "address_zip": "", "address_country": "DE",
            }  # fmt: skip
            listed = json.dumps(line).encode()
            told = {
                "schema": "courtesy.mailing.v1", "mailing_id": "m", "vendor": "v", "channel": channel, "product": product.name,
                "file_width_in": product.width + 2 * product.bleed, "file_height_in": product.height + 2 * product.bleed,
                "made_at": "2026-03-02T00:00:00Z", "folder": "", "manifest": "m.jsonl",
                "manifest_sha256": hashlib.sha256(listed).hexdigest(), "pieces": 1, "pages": product.sides or 1,
            }  # fmt: skip
            files = {"m.jsonl": listed, "p.pdf": content}
            checked = check_mailing(json.dumps(told).encode(), files.__getitem__, product)
            assert (checked.problems, checked.faults) == ([], {}), trigger


@pytest.mark.parametrize("damage", ["checksum", "file_missing", "artwork", "manifest", "pieces", "size"])
def test_a_damaged_mailing_is_told_by_what_is_wrong(sample: Path, damage: str) -> None:
    piece = sorted((sample / "pieces").iterdir())[0]
    told = json.loads((sample / "announcement.json").read_text())
    if damage == "checksum":
        piece.write_bytes(piece.read_bytes() + b" ")
    elif damage == "file_missing":
        piece.unlink()
    elif damage == "manifest":
        (sample / "manifest.jsonl").write_bytes(
            (sample / "manifest.jsonl").read_bytes().replace(b"Boston", b"Bostom")
        )
    elif damage == "pieces":
        told["pieces"] += 1
    elif damage == "size":
        told["file_width_in"] = 8.0
    else:
        import hashlib

        piece.write_bytes(b"no PDF")
        lines = (sample / "manifest.jsonl").read_text().splitlines()
        fixed = [json.loads(line) for line in lines]
        for line in fixed:
            if line["file"].endswith(piece.name):
                line["sha256"] = hashlib.sha256(b"no PDF").hexdigest()
        listed = "".join(json.dumps(line) + "\n" for line in fixed)
        (sample / "manifest.jsonl").write_text(listed)
        told["manifest_sha256"] = hashlib.sha256(listed.encode()).hexdigest()
    (sample / "announcement.json").write_text(json.dumps(told))
    problems = check_folder(sample)["problems"]
    assert problems
    assert any(
        {"manifest": "checksum", "pieces": "announced"}.get(damage, damage) in text for text in problems
    )


def test_a_vendor_s_reports_are_checked_against_the_contract(sample: Path) -> None:
    mailed = {"status": "mailed", "pieces": [{"piece_id": "sample-0"}]}
    assert report(sample, {}, mailed) == []
    assert any("another mailing" in text for text in report(sample, {"mailing_id": "other"}))
    assert any("does not have" in text for text in report(sample, {}, {"pieces": [{"piece_id": "no"}]}))
    assert any("after a later step" in text for text in report(sample, {}, mailed, {}))
    assert any("no report on sample-1" in text for text in report(sample, mailed))
    assert any("line 1" in text for text in report(sample, {"status": "eaten"}))


def test_the_command_ends_with_a_problem_where_there_is_one(sample: Path) -> None:
    report(sample, {"status": "eaten"})
    with pytest.raises(RefusedInput, match="does not conform"):
        vendor_check(sample)


def test_returns_are_the_same_for_the_same_seed() -> None:
    from courtesy.messages.mailing import ManifestLine

    pieces = [ManifestLine(f"k{n}", "", "", 1, "", "", "", "", "", "", "02118", "US") for n in range(1000)]
    drawn = [Returns(share=0.1, seed=3).comes_back(piece) for piece in pieces]
    assert drawn == [Returns(share=0.1, seed=3).comes_back(piece) for piece in pieces]
    assert 60 < sum(drawn) < 140
    assert not any(Returns().comes_back(piece) for piece in pieces)
    assert all(Returns(postcodes=frozenset({"02118"})).comes_back(piece) for piece in pieces)


def test_the_gallery_shows_every_message(preview: Preview, tmp_path: Path) -> None:
    page = write_gallery(preview, tmp_path, samples=("german",)).read_text(encoding="utf-8")
    for trigger in preview.rulebook.triggers:
        for channel in preview.channels(trigger):
            assert f"{trigger} / {channel} / german" in page
    assert len(list(tmp_path.glob("*.png"))) > 10


def test_every_message_renders_for_every_sample(preview: Preview) -> None:
    for sample in SAMPLES:
        for trigger in preview.rulebook.triggers:
            if "email" in preview.channels(trigger):
                assert preview.email(trigger, sample).subject


def test_a_page_becomes_a_picture_of_its_size(preview: Preview) -> None:
    pages = png(preview.pdf("service_due_cars", "postcard", "ordinary"))
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_misspelt_name_has_the_nearest_one(preview: Preview) -> None:
    with pytest.raises(UnknownName, match="did you mean 'welcome_cars'"):
        preview.channels("welcome_car")
    with pytest.raises(UnknownName, match="sample"):
        preview.email("welcome_cars", "nobody")


def test_the_commands_write_what_they_say(tmp_path: Path) -> None:
    run = CliRunner()
    app = typer.Typer()
    register(app)
    register_vendor(app)
    for name, start in (("a.html", b"<!DOCTYPE html>"), ("a.txt", b"Meridian Cars")):
        done = run.invoke(
            app, ["render", "welcome_cars", "--out", str(tmp_path / name), "--rulebook", str(FOLDER)]
        )
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).read_bytes().startswith(start)
    arguments = ["render", "service_due_cars", "--channel", "postcard", "--rulebook", str(FOLDER), "--out"]
    assert run.invoke(app, [*arguments, str(tmp_path / "p.pdf")]).exit_code == 0
    assert run.invoke(app, [*arguments, str(tmp_path / "p.png")]).exit_code == 0
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "p-2.png").exists()
    assert "Subject: Welcome" in run.invoke(app, ["render", "welcome_cars", "--rulebook", str(FOLDER)]).output
    assert '"Announcement"' in run.invoke(app, ["vendor", "schema"]).output


def test_compiling_twice_gives_equal_rules() -> None:
    assert compile_messages(FOLDER) == compile_messages(FOLDER)


@dataclass
class Desk(PrintVendor):
    """The vendor with its reports kept at hand."""

    told: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)

    def _report(self, told: dict[str, Any], status: str, pieces: list[tuple[str, str]]) -> None:
        self.told.append((status, pieces))


class Pipe:
    """The vendor queue and the lake of a stack, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bodies = folder, list[bytes]()

    def client(self, _: str) -> "Pipe":
        return self

    def outputs(self) -> SimpleNamespace:
        return SimpleNamespace(queues={"vendor": "q"}, lake_bucket="lake")

    def receive_message(self, **_: object) -> dict[str, Any]:
        taken, self.bodies = self.bodies, []
        return {"Messages": [{"Body": body.decode(), "ReceiptHandle": "r"} for body in taken]}

    def delete_message(self, **_: object) -> None:
        return None

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as S3 calls it
        return {"Body": BytesIO((self.folder / Key).read_bytes())}


@pytest.mark.parametrize("recalled_first", [True, False])
def test_the_stand_in_stops_what_is_asked_back_before_it_prints(sample: Path, recalled_first: bool) -> None:
    told = json.loads((sample / "announcement.json").read_bytes())
    told["folder"] = ""
    ids = [json.loads(line)["piece_id"] for line in (sample / "manifest.jsonl").read_bytes().splitlines()]
    asked = recall("harbor_print", "letter", told["mailing_id"], ids[:1])
    announced = json.dumps(told).encode()
    pipe = Pipe(sample)
    vendor = Desk(pipe)  # type: ignore[arg-type]
    pipe.bodies = [asked, announced] if recalled_first else [announced, asked]
    first = vendor.work(letters_back=0)
    assert (first.recalled, first.mailed) == (1, len(ids) - 1)
    assert ("rejected", [(ids[0], "recalled")]) in vendor.told
    pipe.bodies = [announced, recall("harbor_print", "letter", told["mailing_id"], ids[:2])]
    vendor.told.clear()
    again = vendor.work(letters_back=0)
    assert (again.recalled, again.mailed) == (0, 0)
    assert ("mailed", [(ids[1], "")]) in vendor.told  # it had left


def test_a_vendor_s_answer_to_a_recall_conforms(sample: Path) -> None:
    piece = json.loads((sample / "manifest.jsonl").read_bytes().splitlines()[0])["piece_id"]
    pieces = [{"piece_id": piece, "code": "recalled"}]
    mailing = json.loads((sample / "announcement.json").read_bytes())["mailing_id"]
    assert (
        report(
            sample, {"mailing_id": mailing}, {"mailing_id": mailing, "status": "rejected", "pieces": pieces}
        )
        == []
    )


@pytest.mark.skipif(browser() is None, reason="no Chromium on this machine")
def test_chromium_takes_a_picture_of_a_page(tmp_path: Path) -> None:
    page, picture = tmp_path / "p.html", tmp_path / "p.png"
    page.write_text("<p>Hello", encoding="utf-8")
    assert photograph(browser() or "", page, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_without_a_browser_there_is_no_picture(tmp_path: Path) -> None:
    assert not photograph(str(tmp_path / "none"), tmp_path / "p.html", tmp_path / "p.png")


def test_a_proof_needs_an_e_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    register(app)
    rulebook = Preview(FOLDER).rulebook
    printed = next((t for t, r in rulebook.triggers.items() if "email" not in r.channels), None)
    if printed is None:
        printed = "lease_end_offer"
        monkeypatch.setattr(Preview, "channels", lambda *_: ["letter"])
    answer = CliRunner().invoke(app, ["proof", printed, "--to", "a@example.com", "--rulebook", str(FOLDER)])
    assert isinstance(answer.exception, RefusedInput)
    assert "has no e-mail" in str(answer.exception)


def test_front_and_back_apart_pass_the_same_check(tmp_path: Path) -> None:
    """A vendor that takes two files gets two of a page each; a back that is missing or has two pages is found."""
    book, out = tmp_path / "rulebook", tmp_path / "mailing"
    shutil.copytree(FOLDER, book)
    rules = book / "messages.yaml"
    rules.write_text(
        rules.read_text("utf-8").replace(
            "        sides: 2\n", "        sides: 2\n        files: front_back\n"
        ),
        "utf-8",
    )
    for trigger in (book / "triggers").glob("*.yaml"):
        if trigger.stem != "service_due_cars":
            trigger.unlink()
    assert write_sample(book, out, "postcard") == 1
    assert check_folder(out)["problems"] == []
    (line,) = [json.loads(line) for line in (out / "manifest.jsonl").read_bytes().splitlines()]
    assert line["file"] != line["back"]
    front, back = ((out / line[name]).read_bytes() for name in ("file", "back"))
    assert [len(re.findall(rb"/Type\s*/Page[^s]", side)) for side in (front, back)] == [1, 1]
    assert json.loads((out / "announcement.json").read_bytes())["files"] == "front_back"
    (out / line["back"]).unlink()
    assert check_folder(out)["problems"] == ["sample-0: file_missing"]
