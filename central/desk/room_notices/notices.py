"""What a room's residents are told: the code that confirms their address, and that the balance is low. No names."""

from django.utils.translation import gettext as now
from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext

from central.clock import minute_text
from central.desk.room_notices.operations import CODE_TEMPLATE
from central.office.notice_templates import Params, Template, register
from central.office.templatetags.cardroom import with_unit

LOW_TEMPLATE = "room-low"


def register_notices() -> None:
    """Add this package's templates."""
    register(
        CODE_TEMPLATE,
        Template(
            _("Code for a room's notices"),
            _("Room %(room)s: your code"),
            (
                _("%(code_secret)s"),
                _("Type it within %(minutes)s minutes where the notices were asked for."),
                _("If you did not ask for it, do nothing: nothing more will come."),
            ),
        ),
    )
    register(
        LOW_TEMPLATE,
        Template(
            _("A room's balance is low"),
            _("Room %(room)s: the balance is low"),
            (
                _("Pay at the card room before the power is cut."),
                _("To get no more of these mails: %(stop_secret)s"),
                _("They also end on the room's own page (room and PIN), or at the card room."),
            ),
            listed=_figures,
        ),
    )


def _figures(params: Params) -> list[str]:
    """Say what is left, below what, how long it lasts, and of when the figure is."""
    if "left" not in params:
        return []
    left = " + ".join(with_unit(*amount) for amount in read_amounts(str(params.get("left", ""))))
    limit = " / ".join(with_unit(*amount) for amount in read_amounts(str(params.get("limit", ""))))
    lines = [now("%(left)s left, below %(limit)s.") % {"left": left, "limit": limit}]
    days = params.get("days", "")
    if isinstance(days, int):
        lines.append(
            ngettext(
                "It lasts about %(days)s day at the use of the last days.",
                "It lasts about %(days)s days at the use of the last days.",
                days,
            )
            % {"days": days}
        )
    heard_ms = params.get("heard_ms", "")
    if isinstance(heard_ms, int):
        lines.append(now("The meter was read last %(at)s.") % {"at": minute_text(heard_ms)})
    return lines


def amounts_text(amounts: tuple[tuple[int, str], ...]) -> str:
    """Write amounts as a parameter: words and units are the reader's."""
    return " ".join(f"{amount}:{unit}" for amount, unit in amounts)


def read_amounts(text: str) -> list[tuple[int, str]]:
    """Read them again. Raises ValueError for what is none."""
    pairs = (part.split(":") for part in text.split())
    return [(int(amount), unit) for amount, unit in pairs]
