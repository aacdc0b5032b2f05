"""A person's authenticator, and its codes: each counts once, however many requests bring it at the same moment.

What decides is the device's row, read anew and held: a request's own copy of it may be from before the last code, and would put
that code's use and the waiting time after wrong ones back.
"""

from enum import StrEnum

from django.db import transaction
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from central import clock
from central.ledger.operations import record_audit
from central.office import sign_in_record
from central.office.models import User
from central.office.sign_in_told import FACTOR, tell_changed, tell_used_again


class Taken(StrEnum):
    """What became of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    """Also one that was used before."""
    TOO_SOON = "too-soon"
    """Not looked at: after wrong codes the next one waits."""


def has_device(user: User) -> bool:
    """Say whether a person has set up his second factor."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def device_of(user: User) -> TOTPDevice:
    """Give a person's device; one that is to be set up where he has none. Two pages opened at once see the same."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "pk").first()
    return own or TOTPDevice.objects.create(user=user, confirmed=False, name="totp")


@transaction.atomic
def take_code(user: User, device: TOTPDevice, code: str, now_ms: int) -> Taken:
    """Take a code of a device that was shown, and put it on record; the first right one sets the device up."""
    held = TOTPDevice.objects.select_for_update().filter(pk=device.pk).first()
    if held is None:  # an administrator reset the sign-in meanwhile
        return Taken.WRONG
    if not held.verify_is_allowed()[0]:
        return Taken.TOO_SOON
    is_right = held.verify_token(code)
    sign_in_record.factor_given(user, is_right)
    if is_right and not held.confirmed:
        _set_up(user, held, now_ms)
    if not is_right and _was_used(held, code):
        tell_used_again(user, held.last_t, now_ms)
    return Taken.RIGHT if is_right else Taken.WRONG


def _was_used(device: TOTPDevice, code: str) -> bool:
    """Say whether a code that was refused would have been right, had it not been used before."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = clock.real_now_ms() / 1000
    return code.isascii() and code.isdecimal() and bool(totp.verify(int(code), device.tolerance))


def _set_up(user: User, device: TOTPDevice, now_ms: int) -> None:
    TOTPDevice.objects.filter(user=user, confirmed=False).exclude(pk=device.pk).delete()
    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
    name = user.get_username()
    record_audit(actor=name, action="second-factor-set-up", subject=name, detail="", now_ms=now_ms)
    tell_changed(user, FACTOR, now_ms)
