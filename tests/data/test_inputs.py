"""What was read as input is never written over, by whatever name it goes."""

import os
from pathlib import Path

import pytest
from dermaroll.data.checks import InputError
from dermaroll.data.inputs import forget_files, keep_for_output, read_as_input, refuse_inputs
from dermaroll.data.tables import read_toml
from dermaroll.roller.output import check_target, replacing

MINE = "# with a comment\nx = 1\n"
NAMES = ("mine.toml", "./mine.toml", "folder/../mine.toml", "link.toml", "chain.toml", "hard.toml", "way/mine.toml")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A file under many names: spelled otherwise, linked, linked twice, linked hard, and through a linked folder."""
    forget_files()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    file = tmp_path / "mine.toml"
    file.write_text(MINE)
    (tmp_path / "link.toml").symlink_to("mine.toml")
    (tmp_path / "chain.toml").symlink_to("link.toml")
    os.link(file, tmp_path / "hard.toml")
    (tmp_path / "way").symlink_to(tmp_path, target_is_directory=True)
    yield file
    forget_files()


@pytest.mark.parametrize("written", [*NAMES, "absolute"])
@pytest.mark.parametrize("read", NAMES)
def test_an_input_is_not_written_over(mine, read, written):
    target = mine if written == "absolute" else written
    assert read_toml(mine.parent / read) == {"x": 1}
    with pytest.raises(InputError, match=r"output = .* allowed: a file that is not read as input, as .* is"):
        check_target(target, [".toml"])
    with pytest.raises(InputError, match="not read as input"), replacing(target) as path:
        path.write_text("other")
    assert mine.read_text() == MINE
    assert sorted(path.name for path in mine.parent.iterdir()) == [
        "chain.toml",
        "folder",
        "hard.toml",
        "link.toml",
        "mine.toml",
        "way",
    ]


@pytest.mark.parametrize("read", NAMES)
def test_what_is_going_to_be_written_is_not_read_as_input(mine, read):
    check_target(mine, [".toml"])
    with pytest.raises(InputError, match="not read as input"):
        read_toml(mine.parent / read)
    forget_files()
    assert read_toml(mine.parent / read) == {"x": 1}


def test_other_files_are_free(mine):
    read_as_input(mine)
    (mine.parent / "other.toml").write_text(MINE)
    for name in ("new.toml", "other.toml", "folder/mine.toml"):
        refuse_inputs(name)
        keep_for_output(name)
        with replacing(name) as path:
            path.write_text("written")
    with replacing("other.toml") as path:
        path.write_text("written again")
    read_as_input("gone.toml")
    refuse_inputs(mine.parent / "a\0b.toml")


def test_an_input_whose_name_is_too_long_for_any_file_stands_in_nobodys_way(mine):
    name = f"{'a' * 5000}.toml"
    with pytest.raises(InputError):
        read_toml(Path(name))
    mine.write_text("kept")
    refuse_inputs(mine.parent / "other.toml")
    with replacing(mine) as path:
        path.write_text("new")
    assert mine.read_text() == "new"
