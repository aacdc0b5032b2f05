"""A month's list in words: what changed, in figures, beside the neighbours; it says what was measured and accuses nobody."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.losses.abnormal.models import AbnormalRow
from central.losses.abnormal.operations import ReviewRefusal
from central.office.words import Words
from gateway.contract.quantities import WattHours, kwh_text

REASONS: dict[str, Words] = {  # by `change_rows.ReasonKind`, named here so that pages load no numpy
    "less": gettext_lazy(
        "Use fell from %(before)s to %(now)s kWh a day; had it gone with its neighbours, it would be %(expected)s."
    ),
    "nothing": gettext_lazy(
        "The meter shows next to nothing any more: %(now)s kWh a day, %(before)s before; "
        "the neighbours' way it would be %(expected)s."
    ),
    "night": gettext_lazy(
        "Its nights fell from %(before)s to %(now)s kWh and its days did not; the neighbours' way they would be %(expected)s."
    ),
    "blocks": gettext_lazy(
        "On days with use there are %(now)s hours in stretches without any, %(before)s before; "
        "the neighbours' way it would be %(expected)s."
    ),
}  # fmt: skip
PATTERNS: dict[str, Words] = {
    "share": gettext_lazy("all the time, in proportion to its use"),
    "zeros": gettext_lazy("while its meter shows nothing"),
}
SURE = ((950_000, gettext_lazy("stands out strongly")), (800_000, gettext_lazy("stands out clearly")))
SURE_LEAST = gettext_lazy("stands out somewhat")
NOT_JUDGED: dict[str, Words] = {
    "too-little-data": gettext_lazy("too few readings"),
    "no-use-before": gettext_lazy("hardly any use before"),
    "empty": gettext_lazy("known to be empty"),
    "no-peers": gettext_lazy("too few rooms to compare with"),
}
REFUSALS: dict[ReviewRefusal, Words] = {
    ReviewRefusal.NO_WORDS: gettext_lazy("Say in words what you found out."),
    ReviewRefusal.NOT_HIS_BUILDING: gettext_lazy(
        "You don't serve this building. Ask one of its people, or an administrator."
    ),
    ReviewRefusal.SENT_BEFORE: gettext_lazy(
        "This month's list is on its way upwards already. Write what you find into the room's case."
    ),
    ReviewRefusal.EXISTS_WITH_DIFFERENT: gettext_lazy(
        "This was sent before for something else. Open the page again and say it anew."
    ),
    ReviewRefusal.PHOTOS: gettext_lazy("A file is no photograph (JPEG, PNG or WebP), or it is damaged."),
    ReviewRefusal.NOTHING_LISTED: gettext_lazy("No room of this month stands out: there is nothing to send."),
    ReviewRefusal.NOT_ALL_REVIEWED: gettext_lazy(
        "Some rooms wait for their review: nothing goes upwards that nobody has looked at."
    ),
    ReviewRefusal.CASE: gettext_lazy("No case could be opened for this room. Open the page again and say it anew."),
}  # fmt: skip
MINUTES_PER_HOUR = 60


def reason_words(reasons: list[dict[str, Any]], loss: Mapping[str, Any]) -> list[str]:
    """Say why a room is on the list, the heaviest reason first; what its group's loss says stands last."""
    said = [_reason(one) for one in reasons]
    if loss:
        said.append(
            _(
                "Of what is missing in group %(group)s, about %(missing)s kWh ± %(error)s follow this room: %(how)s."
            )
            % {
                "group": loss["group"],
                "missing": kwh_text(WattHours(loss["missing_wh"])),
                "error": kwh_text(WattHours(loss["uncertainty_wh"])),
                "how": PATTERNS.get(loss["pattern"], loss["pattern"]),
            }
        )
    return said


def _reason(one: Mapping[str, Any]) -> str:
    blocks = one["kind"] == "blocks"
    figures = {name: _figure(one[name], blocks) for name in ("before", "now", "expected")}
    return str(REASONS.get(one["kind"], one["kind"])) % figures


def _figure(value: int, blocks: bool) -> str:
    return f"{value / MINUTES_PER_HOUR:.1f}" if blocks else kwh_text(WattHours(value))


def sure_words(row: AbnormalRow) -> Words:
    """Say how far a room stands out."""
    return next((words for least, words in SURE if row.confidence_ppm >= least), SURE_LEAST)


def not_judged_words(counts: Mapping[str, int]) -> str:
    """Say how many rooms could not be judged, and why."""
    return "; ".join(f"{NOT_JUDGED.get(name, name)}: {count}" for name, count in counts.items())
