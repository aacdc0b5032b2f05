"""The address under which a reader sees a picture: made by a page that shows him the matter it belongs to, for him alone.

A picture names no building and no case, and several may show the same one; who may see it is what the page has decided already.
So the page says it: the address bears a mark of picture, reader and day, made with this server's key. An address that was
guessed, kept from yesterday's office or passed on to somebody else opens nothing.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

DAY_MS = 86_400_000
MARK = "for"
"""The mark's name in the address."""


def photo_address(digest: str, reader: AbstractBaseUser, now_ms: int) -> str:
    """Give the address of a picture for one reader; it opens for one to two days."""
    return f"{reverse('office:photo', args=[digest])}?{MARK}={_mark(digest, reader, now_ms // DAY_MS)}"


def opens(mark: str, digest: str, reader: AbstractBaseUser, now_ms: int) -> bool:
    """Say whether a page of today or yesterday made this address for this reader."""
    day = now_ms // DAY_MS
    return any(constant_time_compare(mark, _mark(digest, reader, one)) for one in (day, day - 1))


def _mark(digest: str, reader: AbstractBaseUser, day: int) -> str:
    what = f"{digest} {reader.pk} {day}"
    return salted_hmac("office.photo", what, algorithm="sha256").hexdigest()[:32]
