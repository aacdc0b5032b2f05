"""Tell a person that his sign-in was changed: who did not do it himself learns of it on his own mail, and speaks up."""

from django.utils.translation import gettext_noop as _

from central.clock import local
from central.office.models import User
from central.office.notices import notify

PASSWORD, FACTOR, RESET = (
    _("the password"),
    _("the second factor"),
    _("password and second factor, by an administrator"),
)


def tell_used_again(user: User, step: int, now_ms: int) -> None:
    """Queue the notice that a code was given that had been used; once for each code, inside the caller's transaction."""
    notify(
        "code-used-again",
        {"name": user.get_username(), "at": f"{local(now_ms):%Y-%m-%d %H:%M}"},
        persons=[user.pk],
        key=f"code-used-again-{user.pk}-{step}",
        now_ms=now_ms,
    )


def tell_changed(user: User, what: str, now_ms: int) -> None:
    """Queue the notice, inside the transaction of the change; who has no mail of his own finds it in the audit log."""
    notify(
        "sign-in-changed",
        {"name": user.get_username(), "what_word": what, "at": f"{local(now_ms):%Y-%m-%d %H:%M}"},
        persons=[user.pk],
        key=f"sign-in-changed-{user.pk}-{now_ms}",
        now_ms=now_ms,
    )
