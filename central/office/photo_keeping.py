"""Keep the good photographs of a form that is not taken: a phone doesn't choose them again, and nobody takes them twice.

The form carries the digests of what is kept already; only what the same person sent counts.
"""

from collections.abc import Iterable, Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from central.ledger.one_writer import one_writer
from central.office.models import User
from central.office.photo_field import REFUSALS
from central.office.photo_models import Photo
from central.office.photos import MOST_AT_ONCE, MOST_BYTES, PhotoRefusal, Seen, keep_photos, look


def keep_uploads(
    files: Iterable[UploadedFile], before: Sequence[str], *, by: User, now_ms: int
) -> tuple[list[str], list[str]]:
    """Keep uploads beside those kept before; give all digests, and for each file that was not taken its name and why.

    Outside any transaction: what is looked at is unpacked first, and nobody waits for that.
    """
    own = set(Photo.objects.filter(digest__in=before[:MOST_AT_ONCE], by=by).values_list("digest", flat=True))
    kept, troubles, seen = [digest for digest in before if digest in own], [], list[Seen]()
    for file in files:
        one = _looked_at(file, len(kept) + len(seen))
        if isinstance(one, PhotoRefusal):
            troubles.append(f"{file.name}: {REFUSALS[one]}")
        else:
            seen.append(one)
    if seen:
        done = _keep(seen, by, now_ms)
        if isinstance(done, PhotoRefusal):
            troubles.append(str(REFUSALS[done]))
        else:
            kept += done
    return list(dict.fromkeys(kept)), troubles


def _looked_at(file: UploadedFile, count: int) -> Seen | PhotoRefusal:
    if (file.size or 0) > MOST_BYTES:  # before it is read into memory
        return PhotoRefusal.TOO_LARGE
    return PhotoRefusal.TOO_MANY if count >= MOST_AT_ONCE else look(file.read())


@one_writer
@transaction.atomic
def _keep(seen: Sequence[Seen], by: User, now_ms: int) -> list[str] | PhotoRefusal:
    """Keep what was looked at."""
    return keep_photos(seen, by=by, now_ms=now_ms)
