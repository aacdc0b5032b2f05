"""The registry's one file, safe against a power cut: a TinyDB storage that replaces it as a whole.

TinyDB's own storage rewrites in place and leaves an unreadable file when it is killed in the middle. Here: temporary file in the
same folder, fsync, rename, fsync of the folder; the version before stays beside it. A file that can't be read is kept as evidence
and named, never taken for an empty one. Knows nothing of lines and meters.

    DIR/registry.json   DIR/registry.json.previous   DIR/registry.json.damaged-1a2b3c4d
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from gateway.adapters.whole_file import owned_by_folder, sync_folder


class RegistryDamaged(Exception):
    """The file can't be understood. Not a refusal: a gateway that started with an empty registry would forget a whole building."""


class AtomicStorage(Storage):
    """TinyDB's storage on one file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any] | None:
        """Return all tables, or None when there is no file yet. Raises RegistryDamaged, the bad file kept as evidence."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            tables = json.loads(raw)
        except ValueError as error:
            raise damaged(self._path, str(error)) from None
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise damaged(self._path, "it holds no tables")
        return tables

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the file. Raises OSError (disk full, no permission) with the old file untouched."""
        fresh = self._path.with_suffix(".json.new")
        text = json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"
        with owned_by_folder(fresh, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._keep_previous()
        os.replace(fresh, self._path)
        sync_folder(self._path.parent)

    def _keep_previous(self) -> None:
        link = self._path.with_suffix(".json.previous.new")
        link.unlink(missing_ok=True)
        try:
            os.link(self._path, link)
        except OSError:  # no file yet, or a file system without links: a convenience, not worth a refusal
            return
        os.replace(link, self._path.with_suffix(".json.previous"))


def damaged(path: Path, why: str) -> RegistryDamaged:
    """Keep a copy of the bad file (named by its content, so that restarts don't pile up copies) and say what to do."""
    evidence = path.with_name(f"{path.name}.damaged-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}")
    try:
        shutil.copyfile(path, evidence)
        kept = f"A copy is kept as {evidence}."
    except OSError as error:
        kept = f"A copy could not be kept ({error.strerror})."
    return RegistryDamaged(
        f"The registry {path} can't be read: {why}. Nothing was changed. {kept} "
        f"Repair it (`jq . {path}` shows the place), or go back to the version before: cp {path}.previous {path}"
    )
