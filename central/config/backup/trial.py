"""A rehearsal: a backup becomes a central in a folder that goes again, with its books proved and counted."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import disk_usage
from typing import IO

from django.utils.translation import gettext as _

from central import clock
from central.config import data_folder
from central.config.backup.becoming import NotBecome, become, trial_environment
from central.config.backup.copy_folder import held_folder
from central.config.backup.databases import CopyFailed
from central.config.backup.making import SPARE_BYTES, Made
from central.config.backup.progress import Progress
from central.config.backup.unpacking import unpack
from central.config.backup.words import damage_text
from gateway.contract.backup_file.layout import FileKey
from gateway.contract.backup_file.reading import Damaged, Envelope, check_chunks, read_envelope, read_manifest

PREFIX = ".rehearsal-"
OLD_AFTER_MS = 36 * 3_600_000


@dataclass(slots=True)
class Rehearsed:
    """What a rehearsal came to."""

    good: bool = True
    lines: list[str] = field(default_factory=list)
    summary: str = ""

    def note(self, good: bool, said: str) -> None:
        """Add one finding; a bad one makes the whole bad."""
        self.lines.append(f"{'✓' if good else '✗'} {said}")
        if good < self.good:
            self.good, self.summary = False, said


def rehearse_made(made: Made) -> Rehearsed:
    """Rehearse what this process has just written, with the file's own key."""
    return rehearse(made.path, lambda _envelope: made.key)


def rehearse(path: Path, key_of: Callable[[Envelope], FileKey] | None) -> Rehearsed:
    """Prove a file: its bytes without any key, and with one, that it becomes a central. `key_of` may raise OtherKey."""
    found = Rehearsed()
    try:
        with path.open("rb") as file:
            envelope = _outside(file, path, found)
            if key_of is None:
                found.lines.append(
                    "- " + _("What is inside was not opened: that takes the paper (--ask-key).")
                )
                return found
            _inside(file, envelope, key_of(envelope), found)
    except Damaged as error:
        found.note(False, damage_text(error, path))
    except (CopyFailed, NotBecome) as error:
        found.note(False, _("It did not become a central: {why}").format(why=error))
    except OSError as error:
        said = _("{path} can't be read or unpacked: {why}.")
        found.note(False, said.format(path=error.filename or path, why=error.strerror or error))
    return found


def _outside(file: IO[bytes], path: Path, found: Rehearsed) -> Envelope:
    envelope = read_envelope(file)
    reading = Progress(_("reading the file"), sum(chunk.length for chunk in envelope.chunks))
    try:
        check_chunks(file, envelope, reading)
    finally:
        reading.end()
    made = clock.minute_text(envelope.head.made_ms)
    said = _("{path}: made {when}, every one of its {count} parts is as it was written.")
    found.note(True, said.format(path=path, when=made, count=len(envelope.chunks)))
    return envelope


def _inside(file: IO[bytes], envelope: Envelope, key: FileKey, found: Rehearsed) -> None:
    manifest = read_manifest(file, envelope, key)
    needed = sum(row.bytes for row in manifest.members)
    place = roomy_place(needed)
    if place is None:
        said = _("There is no room to rehearse: {needed} MB are needed in {folder}.")
        found.note(False, said.format(needed=f"{needed / 1e6:.1f}", folder=data_folder.folder()))
        return
    with held_folder(place, PREFIX) as folder:
        unpack(file, envelope, key, manifest, folder)
        with trial_environment(folder, manifest) as environment:
            became = become(folder, manifest, environment)
    counts = ", ".join(f"{name} {count}" for name, count in became.counted.items())
    found.note(not became.missing, _("Unpacked, it is a central: {counts}.").format(counts=counts))
    if became.missing:
        found.note(
            False, _("It has less than the backup said: {names}.").format(names=", ".join(became.missing))
        )
    found.note(became.proved, _("verify: {said}").format(said=" ".join(became.said)))
    if found.good:
        found.summary = counts


def roomy_place(needed: int) -> Path | None:
    """Give a folder with room for an unpacked central: beside the books, else where temporary files are."""
    for folder in (data_folder.folder(), Path(tempfile.gettempdir())):
        if folder.is_dir() and disk_usage(folder).free >= needed + SPARE_BYTES:
            return folder
    return None
