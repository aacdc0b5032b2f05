"""Why a month of telemetry still stays in the tables, in words."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from central.reports.archive.needs import Need, Why

NEED_MSGIDS: dict[Why, str] = {
    Why.PERIOD: _("accounting periods that aren't locked"),
    Why.TRUE_UP: _("true-ups that aren't decided"),
    Why.SHEET: _("readings by hand that aren't agreed"),
    Why.CASE: _("cases that aren't closed"),
    Why.APPEAL: _("appeals that aren't decided"),
    Why.LOADED: _("whoever had it loaded back"),
}
MOST_NAMES = 5


def need_words(need: Need) -> str:
    """Say one need, with the first names of what it is."""
    said = gettext(NEED_MSGIDS[need.why])
    more = f" (+{len(need.names) - MOST_NAMES})" if len(need.names) > MOST_NAMES else ""
    return f"{said}: {', '.join(need.names[:MOST_NAMES])}{more}"
