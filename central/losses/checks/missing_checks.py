"""Tell the heads in the morning which of yesterday's checks are missing or too short; once for each day (R-4.2.0)."""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.campus.models import Building
from central.clock import campus_day
from central.domain.daily_checks import COMPLAINTS, Party, Standing
from central.losses.checks.queries import matrix
from central.office.notice_templates import Template, register
from central.office.notices import notify, was_told
from central.office.roles import Role

CHECKS_MISSING = "checks-missing"
TOLD = (Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS)


def register_notices() -> None:
    """Add this package's template."""
    register(
        CHECKS_MISSING,
        Template(
            _("Daily checks missing"),
            _("Daily checks of %(day)s: %(count)s missing or too short"),
            (_("Missing: %(missing)s"), _("Shorter than asked: %(short)s"), _("Look: %(link)s")),
        ),
    )


def tell_of_missing_checks(now_ms: int) -> int:
    """Queue a notice of yesterday once its checks are due; give how many are missing or too short."""
    day = campus_day(now_ms) - timedelta(days=1)
    if was_told(key := f"checks-{day}", CHECKS_MISSING, now_ms):
        return 0
    rows = matrix([day], Party, list(Building.objects.order_by("code")), now_ms)
    names = {
        how: "、".join(row.name for row in rows if row.cells[0].standing is how)
        for how in (Standing.MISSING, Standing.SHORT)
    }
    count = sum(row.cells[0].standing in COMPLAINTS for row in rows)
    if count:
        with transaction.atomic():
            notify(
                CHECKS_MISSING,
                {
                    "day": str(day),
                    "count": count,
                    "missing": names[Standing.MISSING],
                    "short": names[Standing.SHORT],
                    "link": reverse("losses:checks"),
                },
                to=TOLD,
                key=key,
                now_ms=now_ms,
            )
    return count
