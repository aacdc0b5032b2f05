"""Let a resident in by room and PIN, or not: a wrong PIN and a room that doesn't exist are the same to whoever asks.

Each try is counted before its PIN is compared, so that many at once get no more than one after the other. Limits are per room (its
PIN has a million forms: 5 tries a quarter of an hour need years) and per address (who walks through the rooms), in the database.
A neighbour can lock a room out for a quarter of an hour; its residents then ask at the desk, which nothing locks.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q

from central.campus.models import Account
from central.desk.resident.models import PinTries, ResidentPin
from central.desk.resident.pins import is_right, room_key
from central.office.client_address import of_one_house

WINDOW_MS = 15 * 60_000
TRIES_OF_ROOM, TRIES_OF_ADDRESS = 5, 30
"""Within the window. A whole dormitory may stand behind one address, and most of them type their PIN right."""
_BETWEEN = re.compile(r"(?:[-#/\s]|号楼|栋|幢)+")
"""What people write between building and room."""


class EntryRefusal(StrEnum):
    """Why nobody was let in; a text key for the page."""

    WRONG = "wrong"
    """No such room, no PIN, another PIN: which of them is nobody's business."""
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Entered:
    """The account that a session may show, and which PIN opened it."""

    account_id: int
    pin_made_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `until_ms` is when a lock-out ends."""

    why: EntryRefusal
    until_ms: int = 0


def enter(room: str, pin: str, address: str, *, now_ms: int) -> Entered | Refused:
    """Compare a room's PIN, within the limits of the room and of the address."""
    account, label = _account_of(room)
    keys = {
        room_key(label): TRIES_OF_ROOM,
        f"from:{of_one_house(address) or address}"[:100]: TRIES_OF_ADDRESS,
    }
    until_ms = _locked_until(keys, now_ms) or count_tries(keys, now_ms)
    if until_ms:
        return Refused(EntryRefusal.LOCKED, until_ms)
    kept = ResidentPin.objects.filter(account=account).first() if account else None
    if not is_right(kept, pin) or kept is None:
        return Refused(EntryRefusal.WRONG)
    _forgive(keys)
    return Entered(kept.account_id, kept.made_ms)


def _account_of(room: str) -> tuple[Account | None, str]:
    """Give the room's live account and the name under which its tries are counted, however it was written."""
    text = unicodedata.normalize("NFKC", room).replace("\0", "").strip()[:64]
    here = Q(pk=None)
    for between in _BETWEEN.finditer(text):
        for name in {text[: between.start()], text[: between.end()].rstrip("-#/ ")}:
            building = Q(point__room__building__code__iexact=name) | Q(
                point__room__building__name__iexact=name
            )
            here |= building & Q(point__room__label__iexact=text[between.end() :])
    live = Account.objects.exclude(state=Account.State.CLOSED).filter(here)
    account = live.select_related("point__room__building").order_by("pk").first()
    return account, account.point.room.full_label if account else _BETWEEN.sub("-", text)


def _locked_until(keys: dict[str, int], now_ms: int) -> int:
    """Give the instant until which one of the keys is locked, 0 when none is. Only reads: who goes on trying takes no lock."""
    rows = PinTries.objects.filter(key__in=keys, since_ms__gt=now_ms - WINDOW_MS)
    return max((row.since_ms + WINDOW_MS for row in rows if row.tries >= keys[row.key]), default=0)


@transaction.atomic
def count_tries(keys: dict[str, int], now_ms: int) -> int:
    """Count one try under each key; give the instant until which a full one is locked, and count nothing then."""
    PinTries.objects.filter(since_ms__lte=now_ms - WINDOW_MS).delete()
    rows = []
    for key in sorted(keys):
        PinTries.objects.get_or_create(key=key, defaults={"since_ms": now_ms})
        rows.append(PinTries.objects.select_for_update().get(key=key))
    full = [row.since_ms + WINDOW_MS for row in rows if row.tries >= keys[row.key]]
    if not full:
        PinTries.objects.filter(key__in=keys).update(tries=F("tries") + 1)
    return max(full, default=0)


@transaction.atomic
def _forgive(keys: dict[str, int]) -> None:
    """A right PIN clears its room, and takes its own try off the address; what was tried from there before stays counted."""
    room, address = sorted(keys, key=lambda key: not key.startswith("room:"))
    PinTries.objects.filter(key=room).delete()
    PinTries.objects.filter(key=address, tries__gt=0).update(tries=F("tries") - 1)
