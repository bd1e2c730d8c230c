"""`dermaroll validate` and `coverage --sensitivity` as a user runs them."""

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from dermaroll.roller.cli.__main__ import exit_code
from dermaroll.roller.validation import rows as published

KEYS = ["id", "kind", "source", "status", "role", "what", "fitted", "must", "measured", "tolerance", "predicted"]
KEYS += ["band", "unit", "verdict", "inside_band"]


@pytest.fixture
def dermaroll(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["dermaroll", *arguments])
        code = exit_code()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_validate_json(dermaroll):
    code, out, err = dermaroll("validate", "--format", "json", "--long")
    said = json.loads(out)
    assert code == 0
    assert list(said) == ["schema", "rows"]
    assert all(list(row) == KEYS for row in said["rows"])
    assert len({row["id"] for row in said["rows"]}) == len(said["rows"]) >= 14
    missed = [row["what"] for row in said["rows"] if row["verdict"] == "missed"]
    told = " ".join(err.split())
    assert all(f"{words}, " in told for words in missed)


def test_validate_table_and_csv(dermaroll, tmp_path):
    code, out, _ = dermaroll("validate", "--long")
    assert code == 0
    assert "width of hole" in out
    # the count that says something comes first: rows that could fail and that nothing was fitted to
    rows = published.published().values()
    could_fail = sum(row.role == "predicted" for row in rows)
    assert re.match(rf"\d+ of {could_fail} predicted rows met, \d+ of \d+ inside the 90 % band\n", out)
    assert all(role in out for role in ("PREDICTED", "FITTED", "BOUND", "IDENTITY"))
    _, out, _ = dermaroll("validate", "--format", "csv", "-o", str(tmp_path / "rows.csv"))
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows[0]["id"] == "schwarz_2011_needles"
    assert {"inputs", "note", "tolerance_low", "band_p05"} <= set(rows[0])
    assert (tmp_path / "rows.csv").read_text() == out


def test_names_fit_their_column():
    assert max(len(row.what) for row in published.published().values()) <= 33


def test_the_table_fits_80_columns_and_loses_no_row(dermaroll, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = dermaroll("validate", "--long")
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 80
    verdicts = re.findall(r"\b(?:met|missed)(?=[*?,]|\s|$)", out.split("PREDICTED")[1])
    assert len(verdicts) == len(published.published())


def test_validate_fails_with_a_row_that_must_be_met(dermaroll, monkeypatch):
    wrong = {
        name: row.model_copy(update={"low": 2.0, "high": 3.0}) if name == "schwarz_2011_needles" else row
        for name, row in published.published().items()
    }
    monkeypatch.setattr(published, "published", lambda: wrong)
    code, _, err = dermaroll("validate", "--format", "json", "--long")
    assert code == 1
    assert "needles on the standard roller, Schwarz 2011, is missed" in err


def test_sensitivity_in_json_and_table(dermaroll):
    options = ("coverage", "mf-8", "--passes", "1", "--area-mm", "10x10", "--sensitivity")
    code, out, _ = dermaroll(*options, "--format", "json")
    assert code == 0
    said = json.loads(out)["sensitivity"]
    assert said["largest"] in [entry["name"] for entry in said["inputs"]]
    _, out, _ = dermaroll(*options)
    assert "spread of the depth comes most from" in out
    assert "what nobody knows, by constant of the model" in out
    assert sum(entry["share"] for entry in said["unknowns"]) == pytest.approx(
        next(entry["total_order"] for entry in said["inputs"] if entry["name"] == "unknown")
    )


def test_bad_technique_is_one_line(dermaroll):
    for option, value, told in (
        ("--speed", "0", "speed_mm_s"),
        ("--load", "49", "load_n"),
        ("--stretch", "1", "stretch"),
    ):
        code, _, err = dermaroll("coverage", "mf-8", option, value)
        assert code == 2
        assert err.startswith(f"error: {told} = ")
        assert "allowed" in err
        assert err.count("\n") == 1


def test_the_page_tells_how_many_rows_of_each_role_are_met():
    found = published.run_validation()
    page = (Path(__file__).parents[3] / "docs" / "validation.md").read_text(encoding="utf-8")
    for role in ("identity", "fitted", "bound", "predicted"):
        met, rows = found.met(role)
        assert re.search(rf"^\| {role} \|.*\| {rows} \| {met} \|$", page, re.M), role
    inside = re.search(r"(\d+ of \d+) inside", found.headline)
    assert f"lie in it: {inside[1]}." in page
