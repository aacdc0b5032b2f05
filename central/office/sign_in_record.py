"""Who signed in and out, who was refused: acts of persons as any other, in the chain.

Only names that exist are recorded: whoever tries made-up ones must not fill a chain that is kept for ever. A wrong password proves
nobody, so its actor is a stranger; a lock-out is recorded once, not with every attempt while it lasts.
"""

from django.db import transaction
from django.http import HttpRequest

from central import clock
from central.ledger.operations import record_audit
from central.office.client_address import client_address
from central.office.models import User

STRANGER = "stranger"
IDLE, TOO_LONG, WRONG_PASSWORDS = "idle", "too-long", "wrong-passwords"
"""Why a session ended without a word of its person."""


@transaction.atomic
def signed_in(request: HttpRequest, user: User) -> None:
    """Put a sign-in on record, with the machine it came from."""
    _record(user.get_username(), "sign-in", user.get_username(), client_address(request))


@transaction.atomic
def refused(request: HttpRequest, name: str) -> None:
    """Put a wrong password on record, or the lock-out that it brought; nothing for a name that nobody has."""
    user = User.objects.filter(username__iexact=name).first()
    if user is None:
        return
    if not getattr(request, "axes_locked_out", False):
        _record(STRANGER, "sign-in-refused", user.get_username(), client_address(request))
    elif getattr(request, "axes_failures_since_start", None):
        _record(STRANGER, "sign-in-locked", user.get_username(), client_address(request))


@transaction.atomic
def signed_out(request: HttpRequest, why: str = "") -> None:
    """Put a sign-out on record, before the session ends; `why` when the person did not ask for it."""
    if request.user.is_authenticated:
        _record(request.user.get_username(), "sign-out", request.user.get_username(), why)


@transaction.atomic
def factor_given(user: User, is_right: bool) -> None:
    """Put a code of the second factor on record, right or wrong."""
    action = "second-factor-passed" if is_right else "second-factor-refused"
    _record(user.get_username(), action, user.get_username(), "")


def _record(actor: str, action: str, subject: str, detail: str) -> None:
    record_audit(actor=actor, action=action, subject=subject, detail=detail, now_ms=clock.now_ms())
