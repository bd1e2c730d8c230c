"""The folder of a sweep: what it may take for its own, and how it knows what it wrote."""

import hashlib
import json
import os
import re
import shutil
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from unittest import mock

import pandas
import pyarrow.parquet as parquet
import pytest
from dermaroll.data.checks import InputError
from dermaroll.data.inputs import forget_files
from dermaroll.roller import Study, read_results, run_study
from dermaroll.roller.study import cost as study_cost
from dermaroll.roller.study import running
from dermaroll.roller.study.cost import cut_parts
from dermaroll.roller.study.definition import settings_of
from dermaroll.roller.study.digests import Digests

STUDY = Study(
    title="small",
    axes={"load_n": {"from": 1, "to": 5, "steps": 8}},
    fixed={"device": "mf-8"},
    region="6x6",
    outputs=["density_per_cm2"],
    part_seconds=0.01,
)
MINE = '# mine\npart_seconds = 0.02\n[axes]\ndevice = ["mf-8"]\nload_n = [1, 2, 3]\n'
OURS = [".lock", "parts", "parts.sha256", "study.json", "study.toml"]


class Here:
    """Works parts out in this process."""

    count, lost, fall_together = 1, (), True

    def submit(self, work, part):
        future = Future()
        future.set_result(work(part))
        return future

    def need(self, parts):
        pass

    def renew(self):
        raise AssertionError

    def look(self):
        pass


@pytest.fixture(autouse=True)
def without_processes(monkeypatch):
    @contextmanager
    def crew(*_):
        yield Here()

    forget_files()
    monkeypatch.setattr(running, "_crew", crew)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    with mock.patch.object(running, "_crew", return_value=nullcontext(Here())):
        run_study(STUDY, out)
    return out


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


def part(folder, number):
    return folder / "parts" / f"part-{number:06d}.parquet"


def test_the_folder_holds_these_files_and_their_digests(whole):
    assert sorted(path.name for path in whole.iterdir()) == OURS
    count = len(list((whole / "parts").iterdir()))
    assert count >= 3
    lines = [
        f"{hashlib.sha256(part(whole, number).read_bytes()).hexdigest()}  parts/{part(whole, number).name}\n"
        for number in range(count)
    ]
    assert (whole / "parts.sha256").read_text() == "".join(lines)
    described = json.loads((whole / "study.json").read_text())
    text = (whole / "study.json").read_text()
    digest = described.pop("sha256")
    rest = text.replace(f',\n "sha256": "{digest}"', "")
    assert json.loads(rest) == described
    assert hashlib.sha256(rest.encode()).hexdigest() == digest


# What lies where results are to go, by name: a file of the user's own, or a folder.


@pytest.mark.parametrize("out", [".", "", "./", "../here"])
@pytest.mark.parametrize("name", ["study.toml", "study.json", "own.toml"])
def test_a_sweep_into_the_users_own_folder_changes_nothing(out, name, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    (here / name).write_text(MINE)
    (here / ".study.mine").write_text("mine")
    monkeypatch.chdir(here)
    with pytest.raises(InputError) as refused:
        run_study(name, out)
    assert "\n" not in str(refused.value)
    assert files(here) == {name: MINE.encode(), ".study.mine": b"mine"}


@pytest.mark.parametrize(
    "name",
    [
        "study.toml",
        "parts.sha256",
        "notes.txt",
        ".study.mine",
        ".study.12345678.json",
        ".hidden",
        ".parts-dermaroll-12345678.sha256",
    ],
)
def test_what_a_sweep_did_not_write_is_named(name, tmp_path):
    (tmp_path / name).write_text(MINE)
    with pytest.raises(InputError, match=rf"; {re.escape(name)} was not written by one$"):
        run_study(STUDY, tmp_path)
    assert files(tmp_path) == {name: MINE.encode()}


@pytest.mark.parametrize("name", ["notes.txt", ".study.mine", ".study.abcdefgh.toml", "part-000000.parquet"])
def test_so_is_what_was_put_beside_results(name, copy):
    (copy / name).write_text("mine")
    before = files(copy)
    with pytest.raises(InputError, match=rf"; {re.escape(name)} was not written by one$"):
        run_study(STUDY, copy)
    assert files(copy) == before


def test_a_lock_that_is_no_lock_is_named(tmp_path):
    (tmp_path / ".lock").write_text("mine")
    with pytest.raises(InputError, match=r"\.lock was not written by one"):
        run_study(STUDY, tmp_path)
    (tmp_path / ".lock").unlink()
    (tmp_path / "other").write_text("")
    (tmp_path / ".lock").symlink_to("other")
    with pytest.raises(InputError, match=r"\.lock was not written by one"):
        run_study(STUDY, tmp_path)


def test_a_folder_of_results_is_gone_on_with_from_its_own_study(copy, whole):
    rows = run_study(copy / "study.toml", copy)
    assert files(copy) == files(whole)
    pandas.testing.assert_frame_equal(rows, read_results(whole))
    pandas.testing.assert_frame_equal(rows, pandas.read_parquet(copy / "parts"))


@pytest.mark.parametrize("stage", range(5))
def test_a_killed_beginning_is_gone_on_with(stage, whole, tmp_path):
    """Whatever a process leaves that is killed before its first part."""
    out = tmp_path / "out"
    out.mkdir()
    if stage >= 1:
        (out / ".lock").write_bytes(b"")
    if stage >= 2:
        (out / ".study-dermaroll-abcd_123.json").write_text('{"half')
    if stage >= 3:
        shutil.copy(whole / "study.json", out)
        (out / ".study-dermaroll-abcd_123.toml").write_text("title")
    if stage >= 4:
        (out / "parts").mkdir()
        (out / "parts" / ".part-000000-dermaroll-abcd_123.parquet").write_bytes(b"PAR1")
        (out / "parts.sha256").write_bytes((whole / "parts.sha256").read_bytes()[:100])
    run_study(STUDY, out)
    assert files(out) == files(whole)


@pytest.mark.parametrize("name", ["b\udcff", "\ud800"])
def test_a_folder_whose_name_is_no_text_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="a folder whose name is valid UTF-8"):
        run_study(STUDY, tmp_path / name)
    with pytest.raises(InputError, match="the name of a folder"):
        run_study(STUDY, "")
    assert not list(tmp_path.iterdir())


# Damage: every part is what was written, or is worked out again.


def flip(folder):
    content = bytearray(part(folder, 1).read_bytes())
    content[len(content) // 3] ^= 0x10
    part(folder, 1).write_bytes(content)


def edit(folder):
    table = parquet.read_table(part(folder, 1))
    column = table.column_names.index("density_per_cm2")
    values = table.column(column).to_pandas() + 1e-9
    parquet.write_table(table.set_column(column, table.schema.field(column), [values.to_numpy()]), part(folder, 1))


def drop(folder):
    table = parquet.read_table(part(folder, 1))
    parquet.write_table(table.drop_columns(["density_per_cm2"]), part(folder, 1))


DAMAGE = {
    "a flipped bit": flip,
    "another part": lambda folder: shutil.copy(part(folder, 0), part(folder, 1)),
    "edited values": edit,
    "a missing column": drop,
    "a short file": lambda folder: os.truncate(part(folder, 1), 100),
    "an empty file": lambda folder: os.truncate(part(folder, 1), 0),
    "no file": lambda folder: part(folder, 1).unlink(),
    "a lost digest": lambda folder: (folder / "parts.sha256").write_text(
        "".join((folder / "parts.sha256").read_text().splitlines(keepends=True)[::2])
    ),
    "a flipped digest": lambda folder: (folder / "parts.sha256").write_text(
        (folder / "parts.sha256").read_text().replace("a", "b")
    ),
    "a torn line": lambda folder: os.truncate(folder / "parts.sha256", 150),
    "no digests": lambda folder: (folder / "parts.sha256").unlink(),
    "digests that are none": lambda folder: (folder / "parts.sha256").write_bytes(b"\xff\x00" * 99),
    "no study.toml": lambda folder: (folder / "study.toml").unlink(),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_told_and_mended(name, copy, whole):
    DAMAGE[name](copy)
    if name != "no study.toml":
        with pytest.raises(InputError, match=r"missing: go on|run the sweep again"):
            read_results(copy)
    seen = []
    rows = run_study(STUDY, copy, progress=seen.append)
    assert files(copy) == files(whole)
    pandas.testing.assert_frame_equal(rows, read_results(whole))
    assert seen[-1].parts_done == seen[-1].parts
    assert (seen[0].damaged > 0) == (name not in ("no file", "no study.toml"))


@pytest.mark.parametrize("name", ["part-000099.parquet", "part-0.parquet", "notes.txt", ".hidden", "folder"])
def test_what_is_no_part_is_refused_by_name(name, copy, whole):
    if name == "folder":
        (copy / "parts" / name).mkdir()
    else:
        shutil.copy(part(whole, 0), copy / "parts" / name)
    before = files(copy)
    for use in (lambda: run_study(STUDY, copy), lambda: read_results(copy)):
        with pytest.raises(InputError, match=rf"parts/{re.escape(name)} is none of its \d+ parts"):
            use()
    assert files(copy) == before


def test_what_is_damaged_while_it_runs_is_found_at_its_end(whole, tmp_path):
    out, done = tmp_path / "out", []

    def damage(now):
        if now.parts_done == 3 and not done:
            flip(out)
            done.append(True)

    end = running.finish_study(STUDY, out, progress=damage)
    assert done
    assert end.damaged == 1
    assert end.parts_done == end.parts
    assert end.settings_done == end.settings
    assert files(out) == files(whole)


def test_a_disk_that_keeps_nothing_is_told(tmp_path):
    out = tmp_path / "out"

    def damage(now):
        if now.parts_done == now.parts:
            flip(out)

    with pytest.raises(InputError, match=r"part-000001\.parquet does not keep what is written to it, 2 times over"):
        running.finish_study(STUDY, out, progress=damage)


def test_what_comes_among_the_parts_while_it_runs_is_refused_at_its_end(tmp_path):
    out = tmp_path / "out"

    def surplus(now):
        if now.parts_done == 1:
            shutil.copy(part(out, 0), part(out, 77))

    with pytest.raises(InputError, match=r"part-000077\.parquet is none of its"):
        running.finish_study(STUDY, out, progress=surplus)


# The description: whole or refused in one line.


def described(folder):
    return json.loads((folder / "study.json").read_text())


FIELDS = ["schema", "fingerprint", "study", "settings", "runs", "versions", "records", "starts", "expected_seconds"]


@pytest.mark.parametrize("field", [*FIELDS, "sha256"])
@pytest.mark.parametrize("value", [None, [], {}, "", 0, "left out", [0], {"a": 1}, -1, float("nan"), [3, 1]], ids=repr)
def test_a_field_of_the_description_that_is_missing_empty_or_other_is_refused(field, value, copy, whole):
    content = described(copy)
    if value == "left out":
        del content[field]
    else:
        content[field] = value
    (copy / "study.json").write_text(json.dumps(content))
    before = files(copy)
    for use in (lambda: run_study(STUDY, copy), lambda: read_results(copy)):
        with pytest.raises(InputError) as refused:
            use()
        assert "\n" not in str(refused.value)
    assert files(copy) == before


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        b"1" * 5000,
        b'{"schema": 1, "fingerprint": "x"}',
        b'{"a',
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_description_that_is_none_is_refused(text, copy):
    (copy / "study.json").write_bytes(text)
    for use in (lambda: run_study(STUDY, copy), lambda: read_results(copy)):
        with pytest.raises(InputError, match=r"study\.json is") as refused:
            use()
        assert "\n" not in str(refused.value)
    (copy / "study.json").unlink()
    (copy / "study.json").mkdir()
    with pytest.raises(InputError, match="is not what `dermaroll sweep` writes"):
        run_study(STUDY, copy)


def test_every_byte_of_the_description_counts(copy):
    text = (copy / "study.json").read_bytes()
    for place in range(0, len(text), 97):
        (copy / "study.json").write_bytes(text[:place] + bytes([text[place] ^ 2]) + text[place + 1 :])
        with pytest.raises(InputError):
            read_results(copy)


def test_the_last_line_of_digests_counts_and_torn_ones_do_not(tmp_path):
    file = tmp_path / "parts.sha256"
    digests = Digests(file)
    digests.add(1, b"one")
    digests.add(0, b"zero")
    with file.open("a") as torn:
        torn.write("0123")
    digests = Digests(file)
    digests.add(1, b"another")
    (tmp_path / "part").write_bytes(b"another")
    again = Digests(file)
    for known in (digests, again):
        assert known.match(1, tmp_path / "part")
        assert not known.match(0, tmp_path / "part")
        assert not known.match(2, tmp_path / "part")
        assert not known.match(1, tmp_path / "gone")
    again.put_in_order(2)
    assert [line[-7:] for line in file.read_text().split()[1::2]] == ["parquet"] * 2
    assert file.read_text().count("\n") == 2


# Size: what could not end is refused before it begins.

MILLION = {"from": 0.0, "to": 0.3, "steps": 1_000_000}


def test_a_study_of_more_settings_than_can_be_shared_out_is_refused(tmp_path):
    axes = {"device": ["mf-8"], "overlap": MILLION, "slip": MILLION, "stretch": MILLION}
    with pytest.raises(InputError, match=r"settings = 1000000000000000000 .* at most 40000000"):
        run_study(Study(axes=axes), tmp_path / "out", yes=True)
    assert not (tmp_path / "out").exists()


def test_a_study_of_more_parts_than_have_a_number_is_refused(monkeypatch):
    monkeypatch.setattr(study_cost, "MOST_PARTS", 3)
    with pytest.raises(InputError, match=r"part_seconds = 0\.01 .* at most 3 parts"):
        cut_parts(STUDY, settings_of(STUDY))
