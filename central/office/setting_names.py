"""The chapters of dated settings, and what each setting is called and means; the workshop's: `workshop_setting_words`."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as lazy

from central.office.words import Words


@dataclass(frozen=True, slots=True)
class SettingWords:
    """What a setting is called, and one sentence about it."""

    label: Words
    about: Words = ""


CHAPTERS: dict[str, Words] = {
    "health": lazy("Health of the system"),
    "desk": lazy("Desk"),
    "privacy": lazy("Privacy"),
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
    "telemetry": lazy("Keeping of telemetry"),
    "approval": lazy("Approvals"),
}
SETTING_WORDS: dict[str, SettingWords] = {
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
    "privacy.names-kept-days": SettingWords(
        lazy("Days until a resident who left is forgotten"),
        lazy("Counted from the last day here: then name and number are replaced. Receipts keep theirs."),
    ),
    "privacy.sign-ins-kept-days": SettingWords(
        lazy("Days until the log of sign-ins is removed"),
        lazy("Name, address and browser of each sign-in. The law asks for half a year at least."),
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
    "telemetry.readings-months": SettingWords(
        lazy("Months that readings are kept"),
        lazy("Older ones go into an archive, month by month. What a bill was made of is kept for ever."),
    ),
    "telemetry.hours-months": SettingWords(
        lazy("Months that use by the hour is kept"),
        lazy("Charts, lists of unusual use and estimates are made of it. Older months go into an archive."),
    ),
    "telemetry.unlocked-months": SettingWords(
        lazy("Months that telemetry waits for accounting periods to be locked"),
        lazy(
            "A month that is older goes into the archive without: what was billed is kept for ever elsewhere."
        ),
    ),
    "telemetry.digests-days": SettingWords(
        lazy("Days that it is known what each row of a gateway was"),
        lazy(
            "So that a copied or restored card is noticed by its rows. Longer than gateways keep what was acknowledged."
        ),
    ),
    "telemetry.events-months": SettingWords(
        lazy("Months that relay reports and decisions are kept"), lazy("Older ones go into an archive.")
    ),
    "telemetry.balances-months": SettingWords(
        lazy("Months that hourly balances are kept"),
        lazy("Older ones go into an archive; the balances of whole days stay."),
    ),
    "approval.remind-after": SettingWords(lazy("Remind a signer after")),
    "approval.escalate-after": SettingWords(
        lazy("Go to those above after"), lazy("Then they may sign in place of the step that waits.")
    ),
    "approval.escalates-to": SettingWords(lazy("Those above")),
}
