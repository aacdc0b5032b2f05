"""Keep pictures that phones send, as they came: a picture that was changed is no evidence. The name of a file is its digest.

Pillow looks at a picture before it is kept: what is no picture, or one that unpacks to more than a phone takes, is refused by name.
"""

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.conf import settings

from central.office.jpeg_scans import scans_of
from central.office.models import User
from central.office.photo_models import Photo

MOST_BYTES = 12_000_000
MOST_PIXELS = 60_000_000
MOST_SCANNED_PIXELS = 16 * MOST_PIXELS
"""A progressive JPEG draws all its pixels once for each of its scans: ten or so, and none of them is free to unpack."""
MOST_AT_ONCE = 12
MOST_A_DAY, MOST_OF_RESIDENTS = 500, 2_000
"""Pictures that one person keeps in a day, and all residents together: nobody fills the disk."""
DAY_MS = 86_400_000
KINDS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp"}
"""MPO is a JPEG with a second picture behind it, as many phones take them: every reader of JPEG shows the first."""
OPENERS = ("JPEG", "PNG", "WEBP")
UNPACKING = Lock()
"""Held while a picture is unpacked: the largest takes 240 MB, and a process has many threads."""
CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class PhotoRefusal(StrEnum):
    """Why a picture was not kept."""

    TOO_LARGE = "too-large"
    NOT_A_PICTURE = "not-a-picture"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture is, before it is kept."""

    digest: str
    kind: str
    width: int
    height: int
    content: bytes


def look(content: bytes) -> Seen | PhotoRefusal:
    """Look whether bytes are a picture of a kind that is kept."""
    from PIL import Image  # heavy: only a process that is sent pictures loads it

    if len(content) > MOST_BYTES:
        return PhotoRefusal.TOO_LARGE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a phone's untidy EXIF makes no less of a picture
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=OPENERS) as picture:
                width, height, form = *picture.size, picture.format
                if width * height > MOST_PIXELS:
                    return PhotoRefusal.TOO_LARGE
                if scans_of(content) * width * height > MOST_SCANNED_PIXELS:
                    return PhotoRefusal.NOT_A_PICTURE
                with UNPACKING:
                    picture.load()
    except Exception:  # Pillow raises many kinds for damaged files
        return PhotoRefusal.NOT_A_PICTURE
    return Seen(sha256(content).hexdigest(), KINDS[form or ""], width, height, content)


def look_all(contents: Iterable[bytes]) -> list[Seen] | PhotoRefusal:
    """Look at several pictures before any lock is taken: unpacking large ones takes seconds."""
    seen = list[Seen]()
    for content in contents:
        one = look(content)
        if isinstance(one, PhotoRefusal):
            return one
        seen.append(one)
    return seen


def keep_photos(
    contents: Iterable[bytes | Seen], *, by: User | None, now_ms: int
) -> list[str] | PhotoRefusal:
    """Keep pictures, all or none; give their digests in order. Inside the caller's transaction. `by` None: a resident.

    One that was looked at already isn't unpacked again.
    The file is on the disk before its row can be committed; a file without a row is harmless and found again by its name.
    """
    seen: dict[str, Seen] = {}
    for content in contents:
        one = content if isinstance(content, Seen) else look(content)
        if isinstance(one, PhotoRefusal):
            return one
        seen[one.digest] = one
    if len(seen) > MOST_AT_ONCE or _is_full(by, len(seen), now_ms):
        return PhotoRefusal.TOO_MANY
    for one in seen.values():
        _write(one)
        Photo.objects.get_or_create(
            digest=one.digest,
            defaults={
                "kind": one.kind,
                "size_bytes": len(one.content),
                "width": one.width,
                "height": one.height,
                "by": by,
                "received_ms": now_ms,
            },
        )
    return list(seen)


def _is_full(by: User | None, more: int, now_ms: int) -> bool:
    """Say whether a sender would keep more than a day's pictures."""
    kept = Photo.objects.filter(by=by, received_ms__gt=now_ms - DAY_MS).count()
    return kept + more > (MOST_OF_RESIDENTS if by is None else MOST_A_DAY)


def content_of(photo: Photo) -> bytes | None:
    """Give a picture's bytes; None when the file is gone or is not what was received."""
    try:
        content = _path(photo.digest).read_bytes()
    except FileNotFoundError:
        return None
    return content if sha256(content).hexdigest() == photo.digest else None


def _write(one: Seen) -> None:
    path = _path(one.digest)
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    with part.open("wb") as file:
        file.write(one.content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _path(digest: str) -> Path:
    return Path(settings.PHOTOS_FOLDER) / digest[:2] / digest
