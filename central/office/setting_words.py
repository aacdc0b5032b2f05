"""The words of dated settings: what each is called and means, how a value is written, what is wrong with one."""

from collections.abc import Sequence
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from central.domain.approval import NotAChain, chain_of
from central.domain.known_settings import Kind, Known, Place, ValueFault
from central.office.acts import act_of
from central.office.replacement_setting_words import REPLACEMENT_WORDS, SettingWords
from central.office.roles import Role
from central.office.templatetags.cardroom import fen, kwh
from central.office.words import Words

CHAPTERS: dict[str, Words] = {
    "desk": lazy("Desk"),
    "sale": lazy("Selling"),
    "receipt": lazy("Receipts and seals"),
    "refund": lazy("Refunds"),
    "correction": lazy("Corrections"),
    "balance": lazy("Low balances"),
    "period": lazy("Accounting period"),
    "bill": lazy("Monthly bills"),
    "agreement": lazy("Four-way agreement"),
    "check": lazy("Daily checks"),
    "round": lazy("Wardens' rounds"),
    "theft": lazy("Theft"),
    "work": lazy("Work orders"),
    "detail": lazy("Per-household detail"),
    "charges": lazy("Charge reports"),
    "bureau": lazy("Power bureau"),
    "readings": lazy("Readings"),
    "goods": lazy("Goods-in"),
    "claim": lazy("Claims to makers"),
    "fault": lazy("Faults"),
    "true-up": lazy("True-ups"),
    "control": lazy("Software control"),
    "meeting": lazy("Meetings"),
    "report": lazy("Reports made by themselves"),
    "link": lazy("Link to the buildings"),
    "approval": lazy("Approvals"),
}
WORDS: dict[str, SettingWords] = {
    **REPLACEMENT_WORDS,
    "desk.hours": SettingWords(lazy("Desk hours in term"), lazy("When the card room sells.")),
    "desk.enrolment-hours": SettingWords(lazy("Desk hours at enrolment")),
    "desk.enrolment-days": SettingWords(
        lazy("Days of enrolment"), lazy("On these days the hours of enrolment hold.")
    ),
    "desk.crews": SettingWords(lazy("Crews that take turns")),
    "desk.drawers": SettingWords(
        lazy("Drawers of the desk"), lazy("Each has its own cash; one shift at a time is open at each.")
    ),
    "desk.duty-meal": SettingWords(
        lazy("Duty meal"), lazy("What the canteen is paid for each shift worked.")
    ),
    "desk.ask-again-within": SettingWords(
        lazy("Ask about a second payment within"),
        lazy("A second payment of the same sum to the same room within this time is questioned."),
    ),
    "desk.cash-difference": SettingWords(
        lazy("Cash difference without approval"),
        lazy("A larger difference between counted and expected cash needs signatures."),
    ),
    "refund.desk-limit": SettingWords(
        lazy("Refund that the desk decides alone"),
        lazy("Up to this sum nobody signs a refund, departure or room change; 0: each one is signed."),
    ),
    "sale.seasonal-minimum": SettingWords(
        lazy("Seasonal minimum of a payment"),
        lazy("The least that is paid at once in these parts of the year."),
    ),
    "receipt.original": SettingWords(
        lazy("Legal original of a payment"), lazy("The system's number, or a page of a receipt book.")
    ),
    "receipt.seals": SettingWords(
        lazy("Seals on each page of a receipt book"), lazy("A page that lacks one can't be issued.")
    ),
    "receipt.parts": SettingWords(lazy("Parts of a receipt")),
    "receipt.pin-on-slip": SettingWords(
        lazy("PIN on the charge slip"),
        lazy("The customer's part of the first charge slip brings the room's PIN for the residents' page."),
    ),
    "correction.same-day-only": SettingWords(
        lazy("Corrections only on the day of payment"), lazy("Later ones are refused.")
    ),
    "balance.low-hour": SettingWords(
        lazy("Hour of the low-balance list"),
        lazy("Each day at this hour the building's list is made and told."),
    ),
    "balance.low-yuan": SettingWords(
        lazy("Low balance, kept in yuan"), lazy("Rooms below it are on the list.")
    ),
    "balance.low-kwh": SettingWords(
        lazy("Low balance, kept in kWh"), lazy("Rooms below it are on the list.")
    ),
    "balance.told-again-days": SettingWords(
        lazy("Days until a resident is told again"),
        lazy("While the room's balance stays low; 0: only when it rose and fell again."),
    ),
    "balance.outlier-percent": SettingWords(
        lazy("Unusual use of a building, %"),
        lazy("A day stands out when it differs by more percent from the same weekday's mean of four weeks."),
    ),
    "period.first-day": SettingWords(
        lazy("First day of the accounting period"),
        lazy(
            "Reports go by it; the period bears the name of the month in which it ends. On which day the gateways read registers "
            "for it stands in each building's policy."
        ),
    ),
    "period.hour": SettingWords(lazy("Hour at which the accounting period begins")),
    "bill.due-days": SettingWords(
        lazy("Days until a monthly bill is due"), lazy("Counted from the day it is issued.")
    ),
    "bill.reading-within": SettingWords(
        lazy("Oldest reading for a monthly bill"),
        lazy("Where no register was told at the period's end, the last reading counts if it is no older."),
    ),
    "agreement.due-day": SettingWords(lazy("Day by which the four parties agree")),
    "check.minutes": SettingWords(lazy("Length of the daily check")),
    "check.parties": SettingWords(
        lazy("Parties of the daily check"),
        lazy(
            "Who is taken off the list owes none. The five names are known as they stand here; others mean nothing."
        ),
    ),
    "check.late-hour": SettingWords(
        lazy("Hour of the day until which a check is in time"), lazy("What is recorded later is late.")
    ),
    "check.missing-hour": SettingWords(
        lazy("Hour of the next day from which a check is missing"), lazy("Then the heads are told.")
    ),
    "check.on-weekends": SettingWords(lazy("Daily checks on Saturdays and Sundays")),
    "check.days-off": SettingWords(
        lazy("Days without daily checks"), lazy("Holidays: on these days no check is owed.")
    ),
    "check.points-finance": SettingWords(lazy("Points that finance checks")),
    "check.points-card-room": SettingWords(lazy("Points that the card room checks")),
    "check.points-wardens": SettingWords(lazy("Points that wardens check")),
    "check.points-security": SettingWords(lazy("Points that security checks")),
    "check.points-technicians": SettingWords(lazy("Points that technicians check")),
    "round.unseen-days": SettingWords(
        lazy("Days after which a room must be seen again"),
        lazy("A room that no round has seen for so long is named on the page of rounds."),
    ),
    "work.notice-hours": SettingWords(
        lazy("Rooms are told before the power is off for work"),
        lazy("Who is told later counts only with a yes."),
    ),
    "work.silence-hours": SettingWords(
        lazy("Silence counts as agreeing after"),
        lazy(
            "From when the room was told of the time. 0: silence never counts. Protected rooms always need a yes."
        ),
    ),
    "work.refusals-percent": SettingWords(
        lazy("Rooms of a hundred that may refuse"),
        lazy("Of those with somebody in them; with more refusals the work needs a head's decision."),
    ),
    "work.late-minutes": SettingWords(
        lazy("Tell of work that takes longer after"),
        lazy("After the agreed end, the residents and the head are told."),
    ),
    "work.phone": SettingWords(
        lazy("Phone on notices of work"), lazy("Printed on the notice for the corridor, for questions.")
    ),
    "theft.arrival": SettingWords(
        lazy("Electrician's time to arrive"), lazy("From the notice of a theft to his arrival.")
    ),
    "theft.remind-after": SettingWords(
        lazy("Tell of a theft again after"), lazy("When the electrician has not acknowledged the notice.")
    ),
    "theft.appeal-days": SettingWords(
        lazy("Days in which a penalty may be appealed"), lazy("Counted from the day it was charged.")
    ),
    "theft.penalty-per-day": SettingWords(
        lazy("Penalty for each day"), lazy("From the last own payment to the discovery.")
    ),
    "theft.both-days-count": SettingWords(lazy("Both end days of a penalty count")),
    "detail.copies": SettingWords(lazy("Recipients of the per-household detail"), lazy("One copy each.")),
    "detail.names": SettingWords(
        lazy("Occupants' names in the per-household detail"),
        lazy("Without them it names rooms only, on every copy."),
    ),
    "bureau.copies": SettingWords(
        lazy("Recipients of the statement for the power bureau"), lazy("One copy each.")
    ),
    "charges.copies": SettingWords(
        lazy("Recipients of the charge reports"),
        lazy("Monthly charges, and the rooms' usage and payments: one copy each, the original first."),
    ),
    "readings.copies": SettingWords(lazy("Recipients of the reading table"), lazy("One copy each.")),
    "readings.due-day": SettingWords(
        lazy("Day by which meters are read"), lazy("Of the month in which the accounting period ends.")
    ),
    "readings.remind-before": SettingWords(
        lazy("Remind of meters to read"), lazy("So many days before the day by which they are read.")
    ),
    "readings.clock-off": SettingWords(
        lazy("A phone's clock may be off by"),
        lazy("What flows in this time may part a reading from the register."),
    ),
    "readings.tolerance": SettingWords(
        lazy("Difference of a reading that is allowed"),
        lazy("Beside what follows from display, clock and the gateway's readings."),
    ),
    "readings.class-error": SettingWords(
        lazy("Class of error between display and register, parts in a million"),
        lazy("0: the gateway reads the same counter. 10,000: pulses are counted elsewhere, class 1."),
    ),
    "fault.same-day-until": SettingWords(
        lazy("Until when a fault is the same day's"),
        lazy("What is opened later is to be solved on the next day."),
    ),
    "goods.check-within": SettingWords(
        lazy("Days in which a delivered device is checked"),
        lazy("What waits longer is marked on the page of goods-in."),
    ),
    "claim.call-within": SettingWords(
        lazy("Days in which the maker is telephoned about a claim"),
        lazy("A claim without a logged call is marked after that."),
    ),
    "claim.reply-within": SettingWords(
        lazy("Days in which a maker answers a claim"),
        lazy("Counted from the sending, unless he named a day. Then store keeper and director are told."),
    ),
    "fault.same-day-hour": SettingWords(
        lazy("Hour by which a fault is solved"), lazy("What is not solved by then goes up.")
    ),
    "fault.closes-after": SettingWords(
        lazy("Days after which a solved fault is closed"), lazy("Unless it is seen again meanwhile.")
    ),
    "fault.resident-reports": SettingWords(
        lazy("Reports of faults from a room in a day"), lazy("On the residents' own page.")
    ),
    "meeting.weekday": SettingWords(
        lazy("Day of the weekly meeting"), lazy("The pack of the week before is made on its morning.")
    ),
    "meeting.hour": SettingWords(
        lazy("Hour at which the weekly pack is made"), lazy("On the meeting's day.")
    ),
    "meeting.pack-copies": SettingWords(lazy("Recipients of the weekly pack"), lazy("One copy each.")),
    "meeting.minutes-copies": SettingWords(lazy("Recipients of a meeting's minutes"), lazy("One copy each.")),
    "meeting.procedures": SettingWords(
        lazy("Procedures of a quality review"), lazy("The rows of its grid, one a line.")
    ),
    "meeting.departments": SettingWords(
        lazy("Departments of a quality review"), lazy("The columns of its grid, one a line.")
    ),
    "meeting.item-days": SettingWords(
        lazy("Days for an improvement"), lazy("Proposed when an item is opened.")
    ),
    "meeting.remind-before": SettingWords(
        lazy("Remind of an improvement"), lazy("So many days before the day on which it is due.")
    ),
    "report.scheduled-codes": SettingWords(
        lazy("Reports that are made by themselves"),
        lazy("A report's short name and day, month, period or year, one a line: takings month."),
    ),
    "report.made-hour": SettingWords(
        lazy("Hour at which reports are made"), lazy("A day's report in the next morning.")
    ),
    "report.made-after-days": SettingWords(
        lazy("Days after a period's end until its reports are made"),
        lazy("What arrives late is in them then; a day's report does not wait."),
    ),
    "link.silent-after": SettingWords(
        lazy("A gateway counts as silent after"), lazy("Then those who look after the link are told.")
    ),
    "link.enrol-hours": SettingWords(
        lazy("An enrolment code is open for"), lazy("Then it is closed by itself; it can be opened again.")
    ),
    "link.approver-keys": SettingWords(
        lazy("Keys that may approve many cuts"), lazy("64 hex digits each; a new gateway is given them.")
    ),
    "approval.remind-after": SettingWords(lazy("Remind a signer after")),
    "approval.escalate-after": SettingWords(
        lazy("Go to those above after"), lazy("Then they may sign in place of the step that waits.")
    ),
    "approval.escalates-to": SettingWords(lazy("Those above")),
}
PLACE_WORDS = {
    Place.CAMPUS: lazy("whole campus"),
    Place.CLASS: lazy("class"),
    Place.BUILDING: lazy("building"),
    Place.ROOM: lazy("room"),
}
CHOICE_WORDS = {
    "number": lazy("the system's number"),
    "page": lazy("a page of a receipt book"),
    "monday": lazy("Monday"),
    "tuesday": lazy("Tuesday"),
    "wednesday": lazy("Wednesday"),
    "thursday": lazy("Thursday"),
    "friday": lazy("Friday"),
    "saturday": lazy("Saturday"),
    "sunday": lazy("Sunday"),
}
FAULT_WORDS: dict[str, Words] = {
    ValueFault.NOT_THIS_KIND: lazy("This can't be read. Write it as the example beside the field shows."),
    ValueFault.TOO_SMALL: lazy("This is too small."),
    ValueFault.TOO_LARGE: lazy("This is too large."),
    ValueFault.NOT_A_CHOICE: lazy("Choose one of those in the list."),
    ValueFault.EMPTY: lazy("Write at least one line."),
    ValueFault.TOO_LONG: lazy("This is too long: at most 20 lines of 200 characters."),
    ValueFault.NOT_A_TIME: lazy("Write times as 11:30-13:30, one span a line."),
    ValueFault.NOT_A_DAY: lazy("Write days as 09-01, month first."),
    ValueFault.NOT_IN_ORDER: lazy("The spans overlap or are not in order."),
    "unknown": lazy("There is no such setting."),
    "not-here": lazy("This setting can't differ there, or there is no such class, building or room."),
    "unknown-office": lazy("There is no such office."),
}


def setting_words(code: str) -> SettingWords:
    """Give a setting's words; those of an act's chain name the act."""
    if found := WORDS.get(code):
        return found
    act = act_of(code.removeprefix("approval."))
    return SettingWords(_("Who signs: %(act)s") % {"act": act.title}) if act else SettingWords(code)


def fault_words(fault: StrEnum) -> Words:
    """Say what is wrong with a value, and how to mend it."""
    return FAULT_WORDS.get(fault, fault.value)


def where_words(place: Place, where: str) -> str:
    """Name the place of a value: `class dorm`, `whole campus`."""
    return f"{PLACE_WORDS[place]} {where}".strip()


def value_text(setting: Known, value: object) -> str:
    """Write a value with its unit. None: nothing of its own is said there."""
    if value is None:
        return _("(nothing of its own)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return _number_text(setting.kind, value)
    if isinstance(value, list):
        return _list_text(setting.kind, value)
    return str(CHOICE_WORDS.get(str(value), value))


def _number_text(kind: Kind, number: int) -> str:
    match kind:
        case Kind.FEN:
            return _("%(amount)s yuan") % {"amount": fen(number)}
        case Kind.WATT_HOURS:
            return _("%(amount)s kWh") % {"amount": kwh(number)}
        case Kind.MINUTES:
            return ngettext("%(count)d minute", "%(count)d minutes", number) % {"count": number}
        case Kind.HOURS:
            return ngettext("%(count)d hour", "%(count)d hours", number) % {"count": number}
        case Kind.DAYS:
            return ngettext("%(count)d day", "%(count)d days", number) % {"count": number}
        case Kind.HOUR_OF_DAY:
            return f"{number:02d}:00"
        case Kind.DAY_OF_MONTH:
            return _("on day %(day)d of the month") % {"day": number}
        case _:
            return str(number)


def _list_text(kind: Kind, value: Sequence[object]) -> str:
    if kind is Kind.CHAIN:
        return chain_text(value)
    lines = [_line(entry) for entry in value]
    return _("; ").join(lines) or _("none")


def _line(entry: object) -> str:
    if isinstance(entry, dict):
        return f"{entry['from']} – {entry['until']}: {_number_text(Kind.FEN, entry['fen'])}"
    return "–".join(entry) if isinstance(entry, list) else str(entry)


def chain_text(value: object) -> str:
    """Write a chain: `director → vice-president or president (2 persons)`."""
    try:
        chain = chain_of(value)
    except NotAChain:
        return str(value)
    steps = [
        _(" or ").join(office_word(office) for office in step.offices)
        + (_(" (%(count)d persons)") % {"count": step.persons} if step.persons > 1 else "")
        for step in chain
    ]
    return " → ".join(steps) or _("nobody: done at once")


def office_word(office: str) -> str:
    """Name an office; one that is no longer known as it is stored."""
    return str(Role(office).label) if office in Role.values else office
