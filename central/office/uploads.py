"""Holds an uploaded list between its preview and its confirmation, by the digest of its content.

Confirming names a digest, so what is carried out is exactly what was shown. What is gone is uploaded again.
"""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from central import clock

KEPT_MS = 24 * 3_600_000
MOST_KEPT_BYTES = 400_000_000
"""As twenty lists of the largest kind: nobody fills the disk with previews."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(content: bytes) -> str:
    """Store content readable by this user alone; give its digest. What nobody confirmed for a day is removed, and the oldest where
    more than MOST_KEPT_BYTES would lie here."""
    _forget_old(len(content))
    digest = sha256(content).hexdigest()
    path = _folder() / digest
    if path.exists():
        path.touch()
    else:
        # A name of its own: the same list may be sent twice at the same moment.
        with NamedTemporaryFile(dir=_folder(), delete=False) as part:
            part.write(content)
        Path(part.name).replace(path)
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


def _forget_old(more_bytes: int) -> None:
    lying = []
    for path in _folder().iterdir():
        with suppress(FileNotFoundError):  # another process was quicker
            status = path.stat()
            lying.append((status.st_mtime * 1000, status.st_size, path))
    left = sum(size for _, size, _ in lying) + more_bytes
    for written_ms, size, path in sorted(lying):
        if left > MOST_KEPT_BYTES or clock.real_now_ms() - written_ms > KEPT_MS:
            path.unlink(missing_ok=True)
            left -= size


def _folder() -> Path:
    folder: Path = settings.UPLOADS_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to someone else; remove it")
    return folder
