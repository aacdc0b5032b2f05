"""One file of a month's telemetry: a ZIP of a text for people, a manifest and one CSV a kind, with their digests.

It must be read in ten years without us: so nothing in it is ours but the names of columns, and README.txt says what each means.
The same rows give the same bytes. A file is complete or isn't there: it is written beside its name, checked, and moved.
"""

import csv
import errno
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from central.link.whole_files import sync_folder

README, MANIFEST = "README.txt", "manifest.json"
FORMAT = "cardroom-telemetry-month-1"
Cell = int | str | bool | None | list[object]
Row = tuple[Cell, ...]
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, csv.Error, EOFError, struct.error),
    *(KeyError, ValueError, TypeError, NotImplementedError),
)
"""What damaged bytes make the readers raise."""


class ArchiveDamaged(RuntimeError):
    """A file isn't what its seal says; the message names the file and what differs."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A written file: its digest and size, and the number of rows by kind."""

    path: Path
    digest: str
    size: int
    rows: Mapping[str, int]


def write_file(
    path: Path, about: Mapping[str, str], text: str, kinds: Mapping[str, tuple[list[str], Iterable[Row]]]
) -> Sealed:
    """Write a file, read it back, and give it its name; a kind is its columns and its rows. Raises OSError, ArchiveDamaged.

    Whatever goes wrong, nothing is left behind under this name. A file that has the name already and these very bytes is this file
    (its writer was killed after the move); with others it raises FileExistsError and stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    try:
        manifest: dict[str, Any] = {"format": FORMAT, **about, "kinds": {}}
        with draft.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                for kind, (columns, rows) in kinds.items():
                    manifest["kinds"][kind] = _write_kind(archive, kind, columns, rows)
                archive.writestr(_entry(README), text)
                archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=1, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        sealed = check_file(draft)
        if path.exists() and digest_of(path) != sealed.digest:
            raise FileExistsError(errno.EEXIST, "another archive has this name", str(path))
        draft.replace(path)
        sync_folder(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Sealed(path, sealed.digest, sealed.size, sealed.rows)


def check_file(path: Path) -> Sealed:
    """Read a whole file: each kind has the rows and the digest of its manifest. Raises ArchiveDamaged, OSError."""
    rows = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for kind, said in manifest_of(archive)["kinds"].items():
                digest = hashlib.sha256()
                with archive.open(f"{kind}.csv") as file:
                    count = sum(1 for _row in csv.reader(_digested(file, digest)))
                if (digest.hexdigest(), count - 1) != (said["sha256"], said["rows"]):
                    raise ArchiveDamaged(f"{path.name}: {kind}.csv isn't what its manifest says")
                rows[kind] = count - 1
    except UNREADABLE as error:
        raise ArchiveDamaged(f"{path.name} can't be read: {error}") from error
    return Sealed(path, digest_of(path), path.stat().st_size, rows)


def _digested(file: IO[bytes], digest: Any) -> Iterator[str]:
    for line in file:
        digest.update(line)
        yield line.decode()


def digest_of(path: Path) -> str:
    """Give a file's SHA-256, as `sha256sum` does."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(path: Path, kind: str) -> Iterator[dict[str, str]]:
    """Give a kind's rows by column, as text. Raises ArchiveDamaged, OSError."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{kind}.csv") as file:
            yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    except UNREADABLE as error:
        raise ArchiveDamaged(f"{path.name} can't be read: {error}") from error


def manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Give what a file says of itself. Raises KeyError or ValueError where it isn't one of ours."""
    manifest = json.loads(archive.read(MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{MANIFEST} is not of the form {FORMAT}")
    return manifest


def cell_text(cell: Cell) -> str:
    """Write a cell: empty for nothing, true and false, lists as JSON."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else str(cell)


def _write_kind(
    archive: zipfile.ZipFile, kind: str, columns: list[str], rows: Iterable[Row]
) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with archive.open(_entry(f"{kind}.csv"), "w", force_zip64=True) as file:
        for lines in _lines(columns, rows):
            data = lines.encode()
            digest.update(data)
            file.write(data)
            count += 1
    return {"columns": columns, "rows": count - 1, "sha256": digest.hexdigest()}


def _lines(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in chain([tuple(columns)], rows):
        writer.writerow([cell_text(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _entry(name: str) -> zipfile.ZipInfo:
    """The same rows give the same bytes: no clock goes into the file."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return entry
