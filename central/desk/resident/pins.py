"""Make a room's PIN, and check one. In clear a PIN exists only at the moment it is made: shown once, kept as a hash (Argon2).

So nothing can print it again: neither a copy of a receipt nor a cashier who looks the room up. Who lost it gets a new one, and the
former one opens nothing from then on. What is made for printing and then jams in the printer is made anew from the room's page.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from central.campus.models import Account
from central.desk.resident.models import PinTries, ResidentPin
from central.ledger.operations import record_audit

DIGITS = 6
FEWEST_DIFFERENT = 3
"""Digits of a PIN: 000000 and 121212 are what people try first."""


@dataclass(frozen=True, slots=True)
class PrintedPin:
    """What a receipt or charge slip may print: the PIN in clear when it has just been made, else when it was given."""

    pin: str
    given_ms: int

    @property
    def grouped(self) -> str:
        """The PIN as it is printed, in two groups; empty when it isn't known any more."""
        return f"{self.pin[:3]} {self.pin[3:]}".strip()


def pin_for_printing(account: Account, *, actor: str, now_ms: int) -> PrintedPin:
    """Give what the customer's part of a receipt prints: the first one brings the account's PIN, later ones the day it was given.

    Call it once for the original that is being handed out, outside the payment's transaction (the hash takes a tenth of a second,
    and nobody should wait for it at the chain's head); never for a copy, and never keep what it gives: a stored receipt has no PIN.
    """
    given_ms = ResidentPin.objects.filter(account=account).values_list("made_ms", flat=True).first()
    if given_ms is not None:
        return PrintedPin("", given_ms)
    return _keep(account, actor=actor, now_ms=now_ms, replace=False)


def new_pin(account: Account, *, actor: str, now_ms: int) -> PrintedPin:
    """Make an account's PIN anew: the former one and the sessions it opened end, and a lock-out of the room with them."""
    return _keep(account, actor=actor, now_ms=now_ms, replace=True)


def _keep(account: Account, *, actor: str, now_ms: int, replace: bool) -> PrintedPin:
    pin = _made_up()
    pin_hash = make_password(pin)
    with transaction.atomic():
        known = ResidentPin.objects.select_for_update().filter(account=account).first()
        if known is not None and not replace:
            return PrintedPin("", known.made_ms)
        made_ms = max(now_ms, known.made_ms + 1) if known else now_ms
        ResidentPin.objects.update_or_create(
            account=account, defaults={"pin_hash": pin_hash, "made_ms": made_ms, "made_by": actor}
        )
        PinTries.objects.filter(key=room_key(account.point.room.full_label)).delete()
        detail = "again" if known else ""
        record_audit(actor=actor, action="make-pin", subject=account.code, detail=detail, now_ms=now_ms)
    return PrintedPin(pin, made_ms)


def is_right(pin: ResidentPin | None, typed: str) -> bool:
    """Compare a typed PIN; where there is none it takes as long, and is wrong."""
    right = check_password(plain_digits(typed), pin.pin_hash if pin else _nobodys())
    return right and pin is not None


def plain_digits(typed: str) -> str:
    """Give the digits of a PIN as people type it: full-width, in groups."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", typed) if not letter.isspace())[:32]


def room_key(label: str) -> str:
    """Name a room among the tries."""
    return f"room:{label.casefold()}"[:100]


def _made_up() -> str:
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        if len(set(pin)) >= FEWEST_DIFFERENT:
            return pin


@cache
def _nobodys() -> str:
    """A hash that no PIN fits, made once per process."""
    return make_password(secrets.token_hex(16))
