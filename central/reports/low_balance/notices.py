"""What is told of a list: its text in the reader's language, its pictures, and a link to them."""

from django.utils.translation import gettext_noop as _

from central.clock import minute_text
from central.office.notice_templates import Params, Picture, Template, register
from central.reports.low_balance.lists import NOTICE
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.words import lines_of


def register_notices() -> None:
    """Add this package's template."""
    register(
        NOTICE,
        Template(
            _("Low balances"),
            _("%(building)s: rooms with a low balance"),
            (_("As a picture: %(link)s"),),
            listed=_listed,
            pictures=_pictures,
        ),
    )


def _listed(params: Params) -> list[str]:
    kept = LowBalanceList.objects.select_related("building").filter(pk=params.get("list")).first()
    return [minute_text(kept.at_ms), *lines_of(kept)] if kept else []


def _pictures(params: Params, language: str) -> list[Picture]:
    from central.reports.low_balance.picture import (
        pictures_of_notice,  # what draws is heavy: only a sender loads it
    )

    return pictures_of_notice(params, language)
