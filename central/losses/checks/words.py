"""Words for daily checks: how a day stands, why a record was refused."""

from django.utils.translation import gettext_lazy as _

from central.domain.daily_checks import Standing
from central.losses.case_words import REFUSALS as CASE_REFUSALS
from central.losses.cases import OF_PHOTOS
from central.losses.checks.operations import CheckRefusal, Refused
from central.office.words import Words

STANDINGS: dict[Standing, tuple[str, Words]] = {
    Standing.DONE: ("good", _("done")),
    Standing.LATE: ("warn", _("recorded late")),
    Standing.SHORT: ("warn", _("too short")),
    Standing.MISSING: ("bad", _("missing")),
    Standing.TO_COME: ("", _("still to come")),
    Standing.FREE: ("", _("none owed")),
}
"""Tone and word."""
REFUSALS: dict[CheckRefusal, Words] = {
    CheckRefusal.NOT_HIS_PARTY: _("Your office records no check of this party."),
    CheckRefusal.NO_BUILDING: _("Choose the building that was checked."),
    CheckRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    CheckRefusal.NOT_IN_ORDER: _("The check ends after it begins, on the same day."),
    CheckRefusal.IN_FUTURE: _("A check is recorded when it is over: its end lies ahead."),
    CheckRefusal.TOO_OLD: _("This day is too long ago: a check is recorded within 31 days."),
    CheckRefusal.NO_WORDS: _("A point is not in order: say in words what was found."),
    CheckRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip


def refusal_words(refused: Refused) -> Words:
    """Say a refusal in the reader's language."""
    if isinstance(refused.why, CheckRefusal):
        return REFUSALS[refused.why]
    return CASE_REFUSALS[OF_PHOTOS[refused.why]]
