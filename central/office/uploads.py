"""Holds an uploaded list between its preview and its confirmation, by the digest of its content.

Confirming names a digest, so what is carried out is exactly what was shown. What is gone is uploaded again.
"""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from central import clock

KEPT_MS = 24 * 3_600_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(content: bytes) -> str:
    """Store content readable by this user alone; give its digest. What nobody confirmed for a day is removed."""
    _forget_old()
    digest = sha256(content).hexdigest()
    path = _folder() / digest
    if path.exists():
        path.touch()
    else:
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(content)
        part.replace(path)
    return digest


def kept(digest: str) -> bytes | None:
    """Give the content back; None when it is gone or was damaged."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        content = (_folder() / digest).read_bytes()
    except FileNotFoundError:
        return None
    return content if sha256(content).hexdigest() == digest else None


def forget(digest: str) -> None:
    """Remove what was carried out."""
    if _DIGEST.fullmatch(digest):
        (_folder() / digest).unlink(missing_ok=True)


def _forget_old() -> None:
    for path in _folder().iterdir():
        with suppress(FileNotFoundError):  # another process was quicker
            if clock.real_now_ms() - path.stat().st_mtime * 1000 > KEPT_MS:
                path.unlink()


def _folder() -> Path:
    folder: Path = settings.UPLOADS_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to someone else; remove it")
    return folder
