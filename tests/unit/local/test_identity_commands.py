"""`courtesy identity resolve/evaluate/train` on files as people have them: encodings, delimiters, kinds, and what is wrong in them."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from courtesy_local.cli.app import run
from courtesy_local.cli.output import OK, PROBLEM, USAGE

ROWS = [
    {"nr": "1", "vorname": "Jürgen", "name": "Groß", "geboren": "04.03.1961", "ort": "Köln", "wer": "a"},
    {"nr": "2", "vorname": "Juergen", "name": "Gross", "geboren": "04.03.1961", "ort": "Köln", "wer": "a"},
    {"nr": "3", "vorname": "Anna", "name": "Özdemir", "geboren": "25.12.1988", "ort": "Bonn", "wer": "b"},
]
MAPS = ["--id", "nr", "--map", "given_name=vorname", "--map", "surname=name", "--map", "date_of_birth=geboren", "--map", "city=ort"]  # fmt: skip

Answer = tuple[int, str, str]
Courtesy = Callable[..., Answer]


@pytest.fixture
def courtesy(capsys: pytest.CaptureFixture[str]) -> Courtesy:
    def call(*arguments: object) -> Answer:
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, " ".join(said.err.split())

    return call


def text_of(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    return "\r\n".join(
        delimiter.join(line) for line in [list(rows[0]), *(list(row.values()) for row in rows)]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_tells_its_encoding_and_delimiter(courtesy: Courtesy, tmp_path: Path, encoding: str, delimiter: str) -> None:  # fmt: skip
    file = tmp_path / "people.csv"
    file.write_bytes(text_of(ROWS, delimiter).encode(encoding))
    code, out, err = courtesy("identity", "evaluate", file, *MAPS, "--truth", "wer", "--json")
    answer = json.loads(out)
    assert code == OK
    assert set(answer) == {"rows", "customers", "possible_matches", "seconds", "precision", "recall", "f1"}
    assert (answer["rows"], answer["customers"], answer["f1"]) == (3, 2, 1.0)
    assert ("cp1252" in err) is (encoding == "latin-1")


def test_lines_that_end_in_a_return_and_values_of_any_length_are_read(
    courtesy: Courtesy, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    long = [row | {"ort": row["ort"] + "x" * 200_000} for row in ROWS]
    file.write_text(text_of(long).replace("\r\n", "\r"), encoding="utf-8", newline="")
    csv.field_size_limit(100_000)
    code, out, _ = courtesy("identity", "resolve", file, *MAPS, "--json")
    assert (code, json.loads(out)["rows"], json.loads(out)["customers"]) == (OK, 3, 2)
    assert csv.field_size_limit(131_072) == 100_000, (
        "others who read in this process have a limit of their own"
    )


def test_resolve_writes_file_id_and_customer(courtesy: Courtesy, tmp_path: Path) -> None:
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "people.csv").write_text(text_of(ROWS), encoding="utf-8")
    one, two, out = tmp_path / "north/people.csv", tmp_path / "south/people.csv", tmp_path / "clusters.csv"
    code, said, _ = courtesy("identity", "resolve", one, two, *MAPS, "--out", out, "--json")
    assert code == OK
    assert set(json.loads(said)) == {"rows", "customers", "possible_matches", "seconds"}
    with out.open(newline="") as text:
        rows = list(csv.reader(text))
    assert rows[0] == ["file", "id", "customer_id"]
    assert [row[:2] for row in rows[1:]] == [["people.csv", n] for n in "123"] + [
        [str(two), n] for n in "123"
    ]
    assert len({row[2] for row in rows[1:]}) == 2


def test_json_lines_parquet_and_gzip_are_read_alike(courtesy: Courtesy, tmp_path: Path) -> None:
    lines = tmp_path / "people.jsonl"
    lines.write_text("\n".join(json.dumps(row | {"nr": int(row["nr"])}) for row in ROWS), encoding="utf-8")
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(text_of(ROWS).encode()))
    parquet = tmp_path / "people.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}')) TO '{parquet}' (FORMAT parquet)")
    for file in (lines, packed, parquet):
        code, out, _ = courtesy("identity", "evaluate", file, *MAPS, "--truth", "wer", "--json")
        assert (code, json.loads(out)["f1"]) == (OK, 1.0)


def test_files_with_other_columns_are_linked_by_what_they_have(courtesy: Courtesy, tmp_path: Path) -> None:
    crm, web = tmp_path / "crm.csv", tmp_path / "web.csv"
    crm.write_text("nr,vorname,name,geboren,wer\n1,Anna,Okonkwo,04.03.1961,a\n", encoding="utf-8")
    web.write_text("nr;first;last;birth;mail;wer\n1;Anna;Okonkwo;1961-03-04;a@b.test;a\n2;Tom;Reed;1970-01-02;t@b.test;b\n", encoding="utf-8")  # fmt: skip
    maps = [f"--map={m}" for m in ("given_name=vorname", "given_name=first", "surname=name", "surname=last", "date_of_birth=geboren", "date_of_birth=birth", "email=mail")]  # fmt: skip
    code, out, err = courtesy(
        "identity", "evaluate", crm, web, "--id", "nr", *maps, "--truth", "wer", "--json"
    )
    assert (code, json.loads(out)["customers"], json.loads(out)["f1"]) == (OK, 2, 1.0)
    assert "crm.csv has no column for email" in err


def test_a_file_of_a_header_alone_has_nobody_in_it(courtesy: Courtesy, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("nr,vorname,name,geboren,ort,wer\n")
    code, out, _ = courtesy("identity", "evaluate", file, *MAPS, "--truth", "wer", "--json")
    assert code == OK
    assert {k: v for k, v in json.loads(out).items() if k != "seconds"} == {
        "rows": 0, "customers": 0, "possible_matches": 0, "precision": 1.0, "recall": 1.0, "f1": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (text_of(ROWS), ["--map", "surnme=name"], "unknown field 'surnme'; did you mean 'surname'?"),
        (text_of(ROWS), ["--map", "surname=nme"], "--map surname: unknown column 'nme'; did you mean 'name'?"),
        (text_of(ROWS), ["--map", "surname"], "expected FIELD=COLUMN"),
        (text_of(ROWS), ["--map", "surname="], "expected FIELD=COLUMN"),
        (text_of(ROWS), ["--map", "surname=name", "--id", "number"], "--id: unknown column 'number'"),
        (text_of(ROWS), ["--map", "surname=name", "--delimiter", "tabs"], "expected one character, or `tab`"),
        (text_of(ROWS), ["--map", "surname=name", "--encoding", "utf-99"], "--encoding utf-99: is not known"),
        (text_of(ROWS), ["--map", "surname=name", "--encoding", "ascii"], "is not ascii"),
        (text_of(ROWS), ["--map", "surname=name", "--out", "nowhere/x.csv"], "there is no folder nowhere"),
        (text_of(ROWS), ["--map", "surname=name", "--out", "."], "is a folder"),
        (text_of(ROWS), ["--map", "surname=name", "--rules", "nowhere.yaml"], "cannot be read"),
        (text_of([ROWS[0], ROWS[0]]), ["--map", "surname=name"], "line 3, column 'nr': an id that came before"),
        ("nr,name\n,Reed\n", ["--map", "surname=name"], "line 2, column 'nr': a row without an id"),
        ("nr,name\n1,Reed,x\n", ["--map", "surname=name"], "line 2: 3 values; the header has 2"),
        ("nr,name,name\n1,Reed,x\n", ["--map", "surname=name"], "the header names 'name' twice"),
        ("", ["--map", "surname=name"], "there is nothing in it"),
        ('{"nr": 1, "name": "Reed"}\n{"nr"\n', ["--map", "surname=name"], "line 2: is no JSON object"),
        ('{"nr": 1, "name": "Reed"}\n[1]\n', ["--map", "surname=name"], "line 2: is no JSON object"),
        ("\x1f", ["--map", "surname=name"], "--id: unknown column 'nr'"),
        ("number,name\n", ["--map", "surname=name"], "--id: unknown column 'nr'; did you mean 'number'?"),
        ("PK\x03\x04 and more", ["--map", "surname=name"], "a zip archive, as Excel's workbooks are"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_nearest_right_name(courtesy: Courtesy, tmp_path: Path, text: str, arguments: list[str], said: str) -> None:  # fmt: skip
    file = tmp_path / "people.csv"
    file.write_text(text if text != "\x1f" else "name\nReed\n", encoding="utf-8", newline="")
    named = arguments if "--id" in arguments else [*arguments, "--id", "nr"]
    code, out, err = courtesy("identity", "resolve", file, *named, "--json")
    assert code in (PROBLEM, USAGE)
    assert out == ""
    assert said in err
    assert "Reed" not in err
    assert "Traceback" not in err


def test_damaged_files_and_a_file_twice_are_refused(courtesy: Courtesy, tmp_path: Path) -> None:
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)) * 3)
    torn, odd, twice = tmp_path / "torn.csv.gz", tmp_path / "odd.parquet", tmp_path / "people.csv"
    torn.write_bytes(gzip.compress(text_of(ROWS).encode())[:-12])
    odd.write_bytes(b"no more than its name")
    twice.write_text(text_of(ROWS), encoding="utf-8")
    for files, said in (([torn], "gzip"), ([odd], "cannot be read as Parquet"), ([binary], "is no text"), ([twice, twice, twice], "given twice")):  # fmt: skip
        code, _, err = courtesy("identity", "resolve", *files, *MAPS)
        assert code != OK
        assert said in err


def test_the_truth_is_never_read_for_linking_and_must_be_there(courtesy: Courtesy, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text_of([*ROWS, ROWS[2] | {"nr": "4", "vorname": "Kai", "name": "Reed", "wer": ""}]), encoding="utf-8")  # fmt: skip
    assert "must not read the truth" in courtesy("identity", "evaluate", file, *MAPS, "--truth", "ort")[2]
    assert "did you mean 'wer'?" in courtesy("identity", "evaluate", file, *MAPS, "--truth", "werr")[2]
    code, out, _ = courtesy("identity", "evaluate", file, *MAPS, "--truth", "wer", "--json")
    assert (code, json.loads(out)["recall"]) == (OK, 1.0)


def test_what_train_writes_resolve_links_by(courtesy: Courtesy, tmp_path: Path) -> None:
    file, rules = tmp_path / "people.csv", tmp_path / "identity.yaml"
    file.write_text(text_of(ROWS), encoding="utf-8")
    code, out, _ = courtesy("identity", "train", file, *MAPS, "--out", rules, "--json")
    assert (code, json.loads(out)["written"]) == (OK, str(rules))
    code, out, _ = courtesy("identity", "resolve", file, *MAPS, "--rules", rules)
    assert code == OK
    assert "customers" in out
    assert courtesy("identity", "train", file, *MAPS)[0] == OK
    assert "name one of them" in courtesy("identity", "train", file, *MAPS, "--out", rules, "--write")[2]
    rules.write_text("same: [")
    assert "no identity rules" in courtesy("identity", "resolve", file, *MAPS, "--rules", rules)[2]
