"""What who pays a departure out must know: a room that nobody metered may owe, or get, more than its books say (R-4.3.5)."""

from django.utils.translation import gettext as _

from central.desk.departures.unsettled import add_finder
from central.link.control_queries import standing_of
from central.office.words import Words
from central.workshop.replacements.models import UNDECIDED, TrueUp


def tell_departures() -> None:
    """Let the departures' pages say it, when the app starts."""
    add_finder("true-ups", unsettled_words)


def unsettled_words(account_code: str) -> Words:
    """Say that an account is under software control, or that true-ups of it are not decided."""
    if standing_of(account_code) is not None:
        return _(
            "The room is under software control: its gateway closes no account that nothing meters. Have a module put in, "
            "or the control ended, first; what it used meanwhile comes as a true-up."
        )
    rows = TrueUp.objects.filter(account__code=account_code, state__in=UNDECIDED).order_by("pk")
    names = ", ".join(row.name for row in rows)
    if not names:
        return ""
    return _(
        "True-ups of this room are not decided yet: %(names)s. Have them checked and told before money is paid out: "
        "then they are set off against it."
    ) % {"names": names}
