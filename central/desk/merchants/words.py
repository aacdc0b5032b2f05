"""The words of merchants' pages: what is wrong with a list's row, why there is no bill, why something was refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.domain.imported_rows import ListKind, Match, RowFault, RowFinding
from central.domain.monthly_bill import BillFault
from central.office.words import Words

KINDS: dict[str, Words] = {
    ListKind.CARD_SYSTEM: lazy("the card system's list"),
    ListKind.CARD_METERS: lazy("the card meters' sales"),
}
FIELD_WORDS: dict[str, Words] = {
    "number": lazy("Transaction number"),
    "reference": lazy("Terminal's number (on our receipt)"),
    "time": lazy("Date, or date and time"),
    "clock": lazy("Time of day, if in a column of its own"),
    "amount": lazy("Amount, yuan"),
    "card": lazy("Card number"),
    "energy": lazy("Energy sold, kWh"),
    "room": lazy("Room"),
    "meter": lazy("Meter number"),
    "register": lazy("Meter's register, kWh"),
}
ROW_FAULTS: dict[str, Words] = {
    RowFault.EMPTY: lazy("is empty. Fill it in; a formula that was never calculated is empty, too"),
    RowFault.FORMULA: lazy("is a formula. Copy the column and paste its values only"),
    RowFault.NOT_A_NUMBER: lazy("is no number"),
    RowFault.TOO_FINE: lazy("has too many decimals: money has two, energy three"),
    RowFault.OUT_OF_RANGE: lazy("is too large, or below zero where it can't be"),
    RowFault.NOT_A_TIME: lazy("is no date or time; write 2026-11-25 12:30"),
    RowFault.TOO_LONG_TEXT: lazy("is too long, or has signs that can't be printed"),
    RowFault.SHORTENED: lazy(
        "was shortened by the spreadsheet: its last digits are lost. Export it again with this column as text"
    ),
    RowFault.OTHER_PERIOD: lazy("lies outside the days that the list is said to be of"),
    RowFault.TWICE: lazy("stands in the list twice"),
    RowFault.DIFFERS_FROM_BEFORE: lazy(
        "was imported before with another sum, time or terminal's number. Ask whose list it is which one holds"
    ),
    RowFault.NO_ROOM: lazy("belongs to no room that is known. Correct it, or register the card"),
    RowFault.SEVERAL_ROOMS: lazy("names two different rooms by room, meter and card"),
    RowFault.NOT_A_CARD_METER: lazy("is no room with a card meter. Check its billing in the campus list"),
    RowFault.NO_COLUMN: lazy("has no column. Choose it above"),
    RowFault.UNREADABLE: lazy("The file can't be read as CSV (UTF-8, GBK) or XLSX. Save it again"),
    RowFault.TOO_LONG: lazy("The list has more than 100,000 rows. Split it by days"),
    RowFault.NO_ROWS: lazy("The file has no rows"),
    RowFault.SAME_FILE: lazy("This very file was imported before. Nothing of it is new"),
    RowFault.NOT_BALANCED: lazy(
        "belongs to a voucher whose debits and credits differ: some of its rows are not in the file"
    ),
    RowFault.NO_BUILDING: lazy("is no building's code or name. Write it as the campus list does"),
    RowFault.TOLD_BEFORE: lazy(
        "is told already by a list that counts, or its period is locked. Take that list back first, or leave the building out"
    ),
}
BILL_FAULTS: dict[str, Words] = {
    BillFault.NO_METER: lazy("no meter is bound to it in this time"),
    BillFault.NO_FIRST: lazy("no register is stored for the beginning"),
    BillFault.NO_LAST: lazy("no register is stored for the end"),
    BillFault.NO_SWAP_REGISTER: lazy("the meter was replaced, and its last register isn't known"),
    BillFault.BACKWARDS: lazy("the last register is below the first"),
    BillFault.NO_PRICE: lazy("its class has no price"),
    BillFault.BILLED: lazy("billed already"),
    BillFault.NOTHING_USED: lazy("nothing was used"),
}
SOURCES: dict[str, Words] = {
    "period": lazy("period's end"),
    "entry": lazy("gateway's entry"),
    "reading": lazy("last reading"),
    "binding": lazy("first register"),
    "bill": lazy("last bill"),
    "swap": lazy("replacement"),
    "closing": lazy("closing"),
}
MATCHES: dict[str, tuple[str, str, Words]] = {
    Match.MATCHED: ("good", "done", lazy("matched")),
    Match.DIFFERS: ("bad", "fail", lazy("sums differ")),
    Match.MISSING_HERE: ("bad", "fail", lazy("no receipt of ours")),
    Match.MISSING_THERE: ("warn", "clash", lazy("not in their list")),
}
REFUSALS: dict[str, Words] = {
    "no-number": lazy("Type or read the card's number."),
    "unknown-account": lazy("There is no such account."),
    "account-closed": lazy("This account is closed: register the card for the one that follows."),
    "card-taken": lazy("This card is registered already. End it there first."),
    "card-ended": lazy("This card has ended already."),
    "no-reference": lazy("Type the bank's number for the sum that came."),
    "reference-used": lazy("This bank number was booked before with other sums."),
    "nothing-matched": lazy("Nothing of this list is matched and still open."),
    "not-the-sum": lazy(
        "The sum and the fee together are not what the matched receipts make. Look at the differences first."
    ),
    "unknown-list": lazy("There is no such list."),
    "nothing-to-bill": lazy("No room can be billed for this month."),
    "not-over": lazy("This period is not over yet."),
    "run-waits": lazy("Bills of this month wait for signatures already."),
    "unknown-bill": lazy("There is no such bill."),
    "above-open": lazy("That is more than what is open of this bill."),
    "not-positive": lazy("The amount must be above zero."),
    "no-reason": lazy("Say why: those who sign read it."),
    "changed": lazy("What would be billed has changed since it was shown. Look at it once more."),
}


def finding_words(finding: RowFinding) -> str:
    """Say what is wrong with a row, with what was found there."""
    words = str(ROW_FAULTS[finding.fault])
    found = f"“{finding.found}” " if finding.found else ""
    if not finding.field:
        return f"{found}{words}."
    field = FIELD_WORDS[finding.field]
    return _("%(field)s %(found)s%(fault)s.") % {"field": field, "found": found, "fault": words}


def fault_words(fault: BillFault) -> str:
    """Say why an account gets no bill."""
    return str(BILL_FAULTS[fault])


def source_words(source: str) -> str:
    """Say how a register is known."""
    return str(SOURCES.get(source, source))


def refusal_text(why: str) -> str:
    """Say why something was refused."""
    return str(REFUSALS.get(why, why))
