"""Files are written whole or not at all."""

import errno
from pathlib import Path

import pytest

from geoparty.errors import InputError
from geoparty.files import batch, write_whole


def test_files_of_a_batch_appear_together_at_the_end(tmp_path: Path):
    with batch(tmp_path / "out") as files:
        files.write("a.txt", b"a")
        files.write("b.txt", b"b")
        assert not (tmp_path / "out" / "a.txt").exists()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.txt", "b.txt"]


def test_an_error_leaves_the_folder_as_it_was(tmp_path: Path):
    write_whole(tmp_path / "a.txt", b"old")
    with pytest.raises(ZeroDivisionError), batch(tmp_path) as files:
        files.write("a.txt", str(1 // 0).encode())
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path: Path, monkeypatch):
    write_whole(tmp_path / "a.txt", b"old")

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="is full; free some space"):
        write_whole(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"old"


def test_a_folder_that_is_a_file_is_said(tmp_path: Path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(InputError, match="cannot write to the folder"):
        write_whole(tmp_path / "out" / "a.txt", b"")


def test_names_cannot_leave_the_folder(tmp_path: Path):
    with pytest.raises(ValueError, match="not a file name"), batch(tmp_path) as files:
        files.write("../a.txt", b"")
