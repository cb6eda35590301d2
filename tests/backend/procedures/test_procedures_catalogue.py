"""Our own catalogue: valid, large enough, without doubles, and the files made from it are up to date."""

import re
from datetime import date

import pytest

from backend import create_app
from backend.procedures import lookups, words
from backend.procedures.readers import files
from backend.text import fold
from tests.builders.procedures import catalogue, shared

ROWS = list(files.read(files.CATALOGUE))


def test_every_entry_is_valid():
    assert [row.problem for row in ROWS if row.problem] == []


def test_there_are_enough_and_no_code_twice():
    codes = [record.code for record in catalogue()]
    assert len(codes) >= 120
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("record", catalogue(), ids=lambda record: record.code)
def test_an_entry_is_complete_and_plain(record):
    assert 5 <= len(record.phrases) <= 20
    assert all(len(phrase) <= 45 and "?" not in phrase for phrase in record.phrases)
    assert len({fold(phrase) for phrase in record.phrases}) >= 5
    assert all(len(document.name) <= 120 for document in record.documents)
    assert not [d.name for d in record.documents if fold(d.name).startswith("luu y")]
    assert all(document.when for document in record.documents if document.required is False)
    assert record.level in ("province", "commune")
    assert record.effective_from is not None
    assert record.effective_from <= date(2027, 1, 1)
    assert len(record.name) <= 200
    assert record.code not in record.look_alikes
    assert all(re.fullmatch(r"\d\.\d{6}", code) for code in record.look_alikes)
    assert not re.search(r"<[a-z]+>|&nbsp;", str(record.model_dump()))


def test_codes_are_real_ones():
    import gzip
    import json

    with gzip.open(shared("procedures.jsonl.gz"), "rt", encoding="utf-8") as file:
        known = {json.loads(line)["code"] for line in file}
    assert {record.code for record in catalogue()} <= known


def test_the_lookup_file_holds_each_phrase_once(tmp_path):
    path = tmp_path / "procedures.txt"
    count = lookups.write(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == count == len({fold(line) for line in lines})
    assert {"làm giấy khai sinh", "sổ đỏ"} & set(lines)


def test_word_lists_are_well_formed():
    known = words._words()
    assert known.phrases
    assert known.single
    assert not [say for entries in known.synonyms.values() for say, means in entries if not say or not means]


def test_commands(database, tmp_path):
    run = create_app().test_cli_runner().invoke
    assert "would be added" in run(args=["procedures", "load-catalogue", "--dry-run"]).output
    loaded = run(args=["procedures", "load-catalogue"])
    assert (loaded.exit_code, f"{len(catalogue())} added" in loaded.output) == (0, True)
    assert "0 added, 0 changed" in run(args=["procedures", "load-catalogue"]).output
    template = tmp_path / "t.xlsx"
    assert run(args=["procedures", "template", str(template)]).exit_code == 0
    imported = run(args=["procedures", "import", str(template)])
    assert (imported.exit_code, "1 skipped" in imported.output) == (0, True)
    strict = run(args=["procedures", "import", str(template), "--strict"])
    assert (strict.exit_code, strict.exception is None or isinstance(strict.exception, SystemExit)) == (1, True)
    found = run(args=["procedures", "search", "khai", "sinh"])
    assert "1.001193" in found.output
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "làm giấy khai sinh", "procedure_codes": ["1.001193"]}\n', encoding="utf-8")
    assert "1.000" in run(args=["procedures", "evaluate", str(questions)]).output
    questions.write_text("not json\n", encoding="utf-8")
    assert run(args=["procedures", "evaluate", str(questions)]).exit_code == 1
    target = tmp_path / "lookups.txt"
    assert run(args=["procedures", "export-lookups", str(target)]).exit_code == 0
    assert target.is_file()
