"""What root writes into the daemon's folders goes through no link: who has the daemon's user must not get root's files by it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.adapters.backup_file.writer import written_aside
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.registry_store import FILE_NAME as REGISTRY_NAME
from gateway.adapters.update_files import Books
from gateway.adapters.whole_file import own, owned_by_folder, write_whole

SECRET = b'{"of": "root"}'


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A file that is nobody's business here."""
    path = tmp_path / "shadow"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    return path


def fresh(folder: Path) -> None:
    with owned_by_folder(folder / "x.json.new", "wb") as file:
        file.write(b"mine")


def owned(folder: Path) -> None:
    own(folder / "x.key", 0o644)


def kept_and_put_back(folder: Path) -> None:
    (folder / JOURNAL_NAME).touch()
    books = Books(folder, folder.parent / "kept", "2.0")
    books.keep()
    books.put_back()


def archive(folder: Path) -> None:
    with written_aside(folder / "x.backup") as file:
        file.write(b"mine")


@pytest.mark.parametrize(
    ("planted", "act"),
    [
        ("x.json.new", fresh),
        ("x.key", owned),
        (REGISTRY_NAME, kept_and_put_back),
        (f"{JOURNAL_NAME}.back.part", kept_and_put_back),
        pytest.param(f".x.backup.{os.getpid()}.part", archive, id="archive"),
    ],
)
def test_a_planted_link_leads_nowhere(
    tmp_path: Path, others: Path, planted: str, act: Callable[[Path], None]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / planted).symlink_to(others)
    try:
        act(folder)
    except OSError:
        pass
    assert others.read_bytes() == SECRET
    assert others.stat().st_mode & 0o777 == 0o600
    found = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in found if path.read_bytes() == SECRET] == [others]


def test_what_is_put_whole_replaces_a_link(tmp_path: Path, others: Path) -> None:
    path = tmp_path / "x.pem"
    path.symlink_to(others)
    assert write_whole(path, b"mine")
    assert (path.read_bytes(), path.is_symlink(), others.read_bytes()) == (b"mine", False, SECRET)
