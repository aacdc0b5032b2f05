"""Words for verdicts, for what is wrong with figures and what to do about it, and for what a loss follows: it accuses nobody."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from central.clock import minute_text
from central.domain.attributed import Pattern, Verdict
from central.domain.balance_findings import Finding, FindingKind
from central.domain.loss_judgement import LossVerdict
from central.office.words import Badge, Words
from gateway.contract.quantities import WattHours, kwh_text
from gateway.contract.rules import GroupKind

NAMED_AT_MOST = 6

VERDICTS: dict[str, Badge] = {
    LossVerdict.BALANCED: Badge(_("Within the usual"), "good", "done"),
    LossVerdict.BEYOND_FIXED: Badge(_("Beyond the fixed ratio"), "bad", "clash"),
    LossVerdict.UNUSUAL: Badge(_("More than usual"), "warn", "clash"),
    LossVerdict.BEYOND_BOTH: Badge(_("Beyond fixed and usual"), "bad", "clash"),
    LossVerdict.MASTER_BELOW_SUBS: Badge(_("Master below its subs"), "warn", "unknown"),
    LossVerdict.TOO_FEW_HOURS: Badge(_("Too few hours measured"), "mute", "unknown"),
    LossVerdict.NOTHING: Badge(_("Nothing measured"), "mute", "silent"),
}
KINDS: dict[str, Words] = {
    GroupKind.BUILDING: _("whole building"),
    GroupKind.FLOOR: _("floor"),
    GroupKind.RISER: _("riser"),
}
TITLES: dict[FindingKind, Words] = {
    FindingKind.OVERLAPPING: _("Overlapping readings: two sources tell the same meters at one time"),
    FindingKind.DOUBLED: _("A meter was told twice at one instant, with different totals"),
    FindingKind.FELL: _("A meter's total fell"),
    FindingKind.SWAPPED: _("A meter was swapped"),
    FindingKind.BEGUN_ANEW: _("The gateway's store was begun anew"),
    FindingKind.UNTRUSTED: _("The gateway's clock could not be trusted"),
    FindingKind.REGROUPED: _("The group's meters changed"),
    FindingKind.MASTER_BELOW_SUBS: _("The master counted less than its subs"),
    FindingKind.MISSING_HOURS: _("Hours that nobody measured"),
    FindingKind.LOOP: _("Groups are counted behind each other in a circle"),
    FindingKind.COUNTED_TWICE: _("Meters are counted twice behind one master"),
    FindingKind.WITHOUT_GROUP: _("Meters of rooms are in no group"),
    FindingKind.WITHOUT_ROOM: _("Meters of a group belong to no room"),
    FindingKind.UNMETERED_LOAD: _("It looks like a load without a meter"),
    FindingKind.GATEWAY_FIGURES: _("Figures of the gateway itself"),
}
NEXT: dict[FindingKind, Words] = {
    FindingKind.OVERLAPPING: _(
        "Nothing of these hours was counted. Look whether an old gateway or card still runs in the building, and switch it off."
    ),
    FindingKind.DOUBLED: _(
        "Nothing of these hours was counted. Look for two meters with one number, or two gateways that read the same one."
    ),
    FindingKind.FELL: _("These hours were not counted. Check the meter's wires: it may count backwards."),
    FindingKind.SWAPPED: _(
        "What flowed between the two readings was counted by nobody; it is no loss. Nothing to do if the swap is known."
    ),
    FindingKind.BEGUN_ANEW: _(
        "Totals of before and after are not compared. Nothing to do if the gateway was replaced or restored."
    ),
    FindingKind.UNTRUSTED: _(
        "These hours were not counted. Look at the gateway's clock and its time server."
    ),
    FindingKind.REGROUPED: _("The hour of the change was not counted. Nothing to do."),
    FindingKind.MASTER_BELOW_SUBS: _(
        "Check the list of subs, the phases, and the master's transformer ratio. No loss is judged until it is mended."
    ),
    FindingKind.MISSING_HOURS: _(
        "They are left out on both sides, and are no loss. Look at the meters named, their lines, and the gateway's link."
    ),
    FindingKind.LOOP: _("No figure of these groups can be right. Mend the building's groups."),
    FindingKind.COUNTED_TWICE: _("The sum of subs is too great. Take them out of one of the groups."),
    FindingKind.WITHOUT_GROUP: _(
        "What they use looks like loss of the master before them. Add them to their group, or say that they are fed from elsewhere."
    ),
    FindingKind.WITHOUT_ROOM: _(
        "They are summed as subs. Tie them to their rooms, or leave it if they measure something else."
    ),
    FindingKind.UNMETERED_LOAD: _(
        "Look for lamps, pumps, routers behind the master. Enter the proposed own use in the building's groups, or give it a meter."
    ),
    FindingKind.GATEWAY_FIGURES: _(
        "This gateway does not send the totals behind its balances. Update its software."
    ),
}
FOLLOWED: dict[Verdict, Badge] = {
    Verdict.NOTHING_UNUSUAL: Badge(_("No room stands out"), "info", "info"),
    Verdict.UNDER_READING: Badge(_("The loss follows rooms"), "warn", "search"),
    Verdict.CORRIDOR_TAP: Badge(_("Unattributed loss: it follows no room"), "warn", "search"),
    Verdict.BOTH: Badge(_("Part of the loss follows rooms, part of it none"), "warn", "search"),
    Verdict.MASTER_BELOW_SUBS: Badge(_("Master below its subs"), "warn", "unknown"),
    Verdict.TOO_LITTLE_DATA: Badge(_("Less than a week of hours: too little to say"), "mute", "unknown"),
    Verdict.NO_MASTER: Badge(_("The master was not measured"), "mute", "silent"),
    Verdict.NO_SUBS: Badge(_("No rooms behind this master"), "mute", "unknown"),
}
PATTERNS: dict[str, Words] = {
    Pattern.SHARE: _("all the time, in proportion to what its meter shows"),
    Pattern.ZEROS: _("while its meter shows nothing"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One finding as a page shows it."""

    title: Words
    detail: str
    todo: Words


def said(finding: Finding, names: dict[str, str] | None = None) -> Said:
    """Put a finding into words; `names` says the rooms of meters."""
    return Said(TITLES[finding.kind], _detail(finding, names or {}), NEXT[finding.kind])


def _detail(finding: Finding, names: dict[str, str]) -> str:
    figures = finding.figures
    about = _list([*finding.groups, *(names.get(meter, meter) for meter in finding.meters)])
    match finding.kind:
        case FindingKind.MASTER_BELOW_SUBS:
            words = {name.removesuffix("_wh"): kwh_text(WattHours(figures[name])) for name in figures}
            return (
                gettext("Master %(master)s kWh, subs %(subs)s kWh, uncertainty %(uncertainty)s kWh.") % words
            )
        case FindingKind.MISSING_HOURS:
            text = gettext("%(known)s of %(of)s hours were measured.") % figures
            return f"{text} {gettext('Not heard: %(meters)s') % {'meters': about}}" if about else text
        case FindingKind.UNMETERED_LOAD:
            return (
                gettext(
                    "About %(load_w)s W are lost by day and by night alike, however much is used (%(nights)s nights)."
                    " Known own use until now: %(own_use_w)s W; proposed: %(proposed_w)s W."
                )
                % figures
            )
        case _ if "times" in figures:
            times = ngettext("%(n)s time, last at %(at)s.", "%(n)s times, last at %(at)s.", figures["times"])
            text = times % {"n": figures["times"], "at": minute_text(figures["at_ms"])}
            return f"{text} {about}".strip()
    return about


def _list(names: Iterable[str]) -> str:
    found = list(names)
    more = len(found) - NAMED_AT_MOST
    text = gettext(", ").join(found[:NAMED_AT_MOST])
    return gettext("%(some)s and %(n)s more") % {"some": text, "n": more} if more > 0 else text
