"""What the fields of a policy are called and what each does, in one sentence: the page's words for the gateway's own names.

A name stands for the same thing wherever it is; one that means two things has its group's name before it.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.domain.rule_values import Fault, Kind
from central.link.policy_change import Doubt, Effect
from central.office.words import Badge
from gateway.contract.rules import GroupKind

Words = str | Promise

FIELDS: dict[str, tuple[Words, Words]] = {
    "overdraft": (_("Overdraft"), _("How far below zero the supply stays on at any hour.")),
    "warn_at": (
        _("Warning levels"),
        _("At each of these balances the room is warned once, the highest first."),
    ),
    "protected": (
        _("Protected room"),
        _("It is never cut for want of credit; what it owes goes on growing."),
    ),
    "max_power_w": (
        _("Greatest plausible power"),
        _("A reading that would need more than this is taken for a fault."),
    ),
    "no_cut": (
        _("Hours without cuts"),
        _("While this calendar holds, nothing is cut within the leeway of the next field."),
    ),
    "no_cut_extra": (
        _("Leeway in hours without cuts"),
        _("How far below the overdraft the supply stays on in these hours; 0 none."),
    ),
    "isolated_extra": (
        _("Leeway while the server is out of reach"),
        _(
            "How far below the overdraft the supply stays on while the building cannot hear the server; 0 none."
        ),
    ),
    "emergency": (
        _("Emergency supply"),
        _("A resident may ask for it once credit is spent; it is a debt, no credit."),
    ),
    "emergency.limit": (_("Emergency: how much"), _("How far below the overdraft the emergency goes.")),
    "emergency.hours": (_("Emergency: how long"), _("It ends so many hours after it was drawn.")),
    "emergency.every_days": (_("Emergency: how often"), _("It can be drawn once in so many days.")),
    "lights_out": (_("Lights out"), _("While this calendar holds, the supply is off whatever the credit.")),
    "power_cap": (_("Power cap"), _("A room that draws more than the limit is cut for a while.")),
    "power_cap.limit_w": (_("Cap by day"), _("The most power that may be drawn; 0 no limit.")),
    "power_cap.night_limit_w": (
        _("Cap by night"),
        _("In place of the cap by day while the night calendar holds; 0 no limit."),
    ),
    "power_cap.night": (_("Night calendar"), _("The hours of the cap by night.")),
    "confirmations": (
        _("Readings in a row"),
        _("So many readings must agree before anything is cut; two at least."),
    ),
    "restore_after_s": (_("Restored after"), _("How long the room stays cut before it is tried again.")),
    "restores_per_day": (
        _("Tries in 24 hours"),
        _("After so many tries the room stays cut until a person closes it."),
    ),
    "high_power": (
        _("Heater trip"),
        _("A resistive load that comes on at once, such as a heater, cuts the room."),
    ),
    "high_power.step_w": (
        _("Rise that counts"),
        _("A rise of power between two readings of at least this much."),
    ),
    "high_power.power_factor_milli": (
        _("Power factor of the rise"),
        _("Heaters are close to 1; the rise must reach at least this."),
    ),
    "software": (
        _("Room without a meter"),
        _("It stays on and nothing is billed until the true use is agreed."),
    ),
    "software.from_ms": (_("Without a meter since"), _("From this instant on nothing is metered.")),
    "software.wh_per_day": (_("Estimated use a day"), _("Shown meanwhile; nothing is billed by it.")),
    "calendars": (
        _("Calendars"),
        _("Named hours of the week that rules refer to: lights out, hours without cuts, nights."),
    ),
    "calendar": (
        _("Calendar's name"),
        _("Rules call it by this name; “desk-closed” replaces the usual desk hours."),
    ),
    "windows": (
        _("Hours of the week"),
        _("A window that ends at or before its beginning ends on the next day."),
    ),
    "exceptions": (
        _("Exceptions"),
        _("From one instant to another these hours hold instead: a holiday, an exam week."),
    ),
    "exceptions.from_ms": (_("Exception from"), _("The first instant of the exception.")),
    "to_ms": (_("Exception until"), _("From this instant on the usual hours hold again.")),
    "days": (_("Days"), _("The days on which the window begins.")),
    "from_minute": (_("From o'clock"), _("Campus time, such as 23:00.")),
    "to_minute": (_("Until o'clock"), _("Campus time, such as 06:00; 24:00 is the day's end.")),
    "utc_offset_minutes": (_("Time zone"), _("Local time less UTC, such as +08:00.")),
    "isolated_after_s": (
        _("Server out of reach after"),
        _("Not heard for so long, the classes' leeway for it holds; 0 never."),
    ),
    "isolated_until_ms": (
        _("That leeway ends on"),
        _("From this instant on it no longer holds; empty: it goes on."),
    ),
    "cut_guard_count": (
        _("Cuts before the guard"),
        _("More cuts than this within the next field's time wait for a person."),
    ),
    "cut_guard_window_s": (_("Guard counts over"), _("The time over which the guard counts cuts.")),
    "restore_gap_ms": (_("Between two restorings"), _("So that a building does not come on at once.")),
    "settle_every_s": (_("Settled every"), _("How often what was used is booked when nothing else happens.")),
    "silent_alarm_after_s": (
        _("Meter silent after"),
        _("A meter that does not answer for so long raises an alarm."),
    ),
    "new_account_grace_s": (
        _("Grace of a new account"),
        _("So long a new account is not cut: its first credit may be on its way."),
    ),
    "keep_acked_days": (
        _("Rows kept"),
        _("How long the gateway keeps what this server has, to send it again."),
    ),
    "keep_ledger_days": (
        _("Ledger kept"),
        _("How long it keeps ledger entries before they are folded into one sum."),
    ),
    "balance_every_s": (_("Master and subs compared every"), _("The time between two balances.")),
    "loss_judged_every_s": (
        _("Loss judged over"),
        _("Over shorter times the registers' steps show more than the loss."),
    ),
    "period_day": (_("Accounting period begins on day"), _("The day of the month, 1 to 28.")),
    "period_minute": (_("Accounting period begins at"), _("The time of that day.")),
    "period_utc_offset_minutes": (_("Time zone of the period"), _("Local time less UTC, such as +08:00.")),
    "clocks": (
        _("Setting of the meters' clocks"),
        _("The latest that has begun holds; without any the defaults do."),
    ),
    "clocks.from_ms": (_("In force since"), _("Empty: always.")),
    "on": (_("Meters are told the time"), _("By broadcast, once a day.")),
    "drift_s": (
        _("From a difference of"),
        _("A line is told when one of its meters is off by as much; at most 300 s."),
    ),
    "hour": (_("In the hour"), _("The hour of the day, 0 to 23.")),
    "groups": (
        _("Groups of meters"),
        _("A master and what is counted behind it; a change is a later row of the same group."),
    ),
    "group": (_("Group's name"), _("Letters, digits and . _ : - only.")),
    "kind": (_("Kind"), _("What the group stands for.")),
    "master": (_("Master meter"), _("Its number, as on the case.")),
    "subs": (_("Meters behind it"), _("Their numbers, one a line.")),
    "sub_groups": (_("Groups behind it"), _("Groups whose masters are counted behind this one, one a line.")),
    "groups.from_ms": (_("Counted so since"), _("Empty: always.")),
    "own_use_w": (_("Own use"), _("Load behind the master without a meter that is known: corridor lights.")),
    "fixed_loss_ppm": (
        _("Fixed loss"),
        _("The group's usual technical loss, a share of the master's energy."),
    ),
    "tolerance_ppm": (_("Tolerance"), _("How much more may be missing before an alarm.")),
    "master_class_ppm": (
        _("Master's error"),
        _("The greatest error within its class; class 1 is one percent."),
    ),
    "sub_class_ppm": (_("Subs' error"), _("The greatest error of the meters behind it.")),
}

ROWS: dict[str, Words] = {
    "calendars": _("Calendar"),
    "windows": _("Window"),
    "exceptions": _("Exception"),
    "clocks": _("Clock rule"),
    "groups": _("Group"),
}
SECTIONS: dict[str, Words] = {
    "calendars": _("Calendars"),
    "isolation": _("When the server is out of reach"),
    "guard": _("Cutting and restoring"),
    "books": _("Books and periods"),
    "meters": _("Meters"),
    "": "",
}
UNITS: dict[Kind, Words] = {
    Kind.WATTS: pgettext_lazy("unit", "W"),
    Kind.WATT_HOURS: pgettext_lazy("unit", "kWh"),
    Kind.PRICE: pgettext_lazy("unit", "yuan/kWh"),
    Kind.SHARE: pgettext_lazy("unit", "%"),
    Kind.MILLISECONDS: pgettext_lazy("unit", "ms"),
    Kind.HOURS: pgettext_lazy("unit", "hours"),
    Kind.DAYS: pgettext_lazy("unit", "days"),
    Kind.SECONDS: pgettext_lazy("unit", "with its unit: s, min, h or d"),
}
FAULTS: dict[Fault, Words] = {
    Fault.MISSING: _("Fill this in, or empty the whole row."),
    Fault.NOT_A_NUMBER: _(
        "This can't be read. Write a number such as 50 or 0.5; a time with its unit, such as 10 min."
    ),
    Fault.TOO_EXACT: _("More decimals than are kept. Round it."),
    Fault.TOO_SMALL: _("This is too early."),
    Fault.TOO_LARGE: _("This is too late."),
    Fault.NO_UNIT: _("Say the unit too: s, min, h or d, such as 10 min."),
    Fault.NOT_A_TIME: _("Write a time of day such as 23:00."),
    Fault.NOT_AN_INSTANT: _("Write the instant as 2026-09-01 08:00."),
    Fault.NOT_AN_OFFSET: _("Write it as +08:00."),
    Fault.NO_DAY: _("Tick at least one day."),
    Fault.NOT_FALLING: _("Write the highest level first."),
    Fault.NOT_A_CHOICE: _("Choose one of the list."),
    Fault.NOT_CHOSEN: _("You filled in fields below. Choose “set here”, or empty them."),
}
DAYS: tuple[Words, ...] = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
CHOICES: dict[str, Words] = {
    GroupKind.BUILDING: pgettext_lazy("group of meters", "building"),
    GroupKind.FLOOR: pgettext_lazy("group of meters", "floor"),
    GroupKind.RISER: pgettext_lazy("group of meters", "riser"),
}
EFFECTS: dict[Effect, Badge] = {
    Effect.CUT: Badge(_("would be cut"), "bad", "off"),
    Effect.RESTORED: Badge(_("would be restored"), "good", "on"),
    Effect.WARNED: Badge(_("would be warned"), "warn", "low"),
    Effect.HELD: Badge(_("would be held"), "info", "held"),
    Effect.REASON: Badge(_("other reason only"), "mute", "info"),
}
SHORT_EFFECTS: dict[Effect, Words] = {
    Effect.CUT: pgettext_lazy("rooms that would be", "cut"),
    Effect.RESTORED: pgettext_lazy("rooms that would be", "restored"),
    Effect.WARNED: pgettext_lazy("rooms that would be", "warned"),
    Effect.HELD: pgettext_lazy("rooms that would be", "held"),
    Effect.REASON: pgettext_lazy("rooms that would be", "as before"),
}
DOUBTS: dict[Doubt, Words] = {
    Doubt.NO_GATEWAY: _("no gateway: nothing is decided there yet"),
    Doubt.SILENT: _("its gateway is not connected: it will only learn of this later"),
    Doubt.OLD: _("its gateway has not been heard for a quarter of an hour"),
    Doubt.BEHIND: _("its gateway has not taken its newest rules yet"),
    Doubt.UNUSABLE: _("its rules can't be read"),
}


def words_of(path: str) -> tuple[Words, Words]:
    """Give the label and the sentence of a field by its path without numbers, such as `calendars.windows.days`."""
    names = path.split(".")
    return next(
        (FIELDS[key] for start in range(len(names)) if (key := ".".join(names[start:])) in FIELDS), (path, "")
    )
