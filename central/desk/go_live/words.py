"""The words of a go-live: what was found in a list and what to do, why nothing was asked for, why a signed batch can't be done."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.go_live.batches import OpeningRefusal, Refused
from central.desk.go_live.carrying_out import Hindrance
from central.domain.opening_rows import HEADERS, Fault, Finding
from central.office.approval_views import refusal_words as approval_refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.words import Words

FINDINGS: dict[Fault, Words] = {
    Fault.EMPTY: lazy("is empty; write 0 for a room without a balance"),
    Fault.NOT_A_NUMBER: lazy("“{found}” is not a number; write digits and a point, such as 12.50"),
    Fault.FORMULA: lazy(
        "“{found}” is a formula or its error; in the spreadsheet, paste the values in its place"
    ),
    Fault.TOO_FINE: lazy("“{found}” has more than {expected} decimals; round it as the old system does"),
    Fault.OUT_OF_RANGE: lazy("“{found}” is more than {expected}; look for a lost decimal point"),
    Fault.BELOW_ZERO: lazy("“{found}” is below zero; that can't be here"),
    Fault.TOO_LONG_TEXT: lazy("“{found}” is too long; at most {expected} characters"),
    Fault.NO_UNIT: lazy(
        "says neither yuan nor kWh; give the column “unit”, or call it balance_yuan or balance_kwh"
    ),
    Fault.TWO_UNITS: lazy("the row says two different units; correct the unit"),
    Fault.TWO_BALANCES: lazy("the row has more than one balance ({found}); leave one"),
    Fault.WRONG_UNIT: lazy(
        "the list says {found}, but this room's balance is kept in {expected}; convert it, or correct the room's class"
    ),
    Fault.PART_TOO_BIG: lazy(
        "the parts are more than the whole balance; the balance is the whole, parts are of it"
    ),
    Fault.UNKNOWN_BUCKET: lazy("this class has no credit of the kind “{found}”; it has: {expected}"),
    Fault.BUCKET_OTHER_UNIT: lazy(
        "credit of the kind “{found}” is kept in {expected}; bring it as a subsidy instead"
    ),
    Fault.UNKNOWN_ROOM: lazy("room {found} is not in the campus; correct it, or import the room first"),
    Fault.ROOM_TWICE: lazy("room {found} is already in row {expected}; remove one of the two"),
    Fault.NOT_PREPAID: lazy("room {found} does not pay in advance; no credit is kept for it: remove the row"),
    Fault.NO_LIVE_ACCOUNT: lazy("room {found} has no open account; open it first, or remove the row"),
    Fault.PAYS_ELSEWHERE: lazy(
        "room {found} pays from {expected}; add its balance to that row, and remove this one"
    ),
    Fault.ALREADY_LIVE: lazy(
        "room {found} has its opening balance already; correct it on the go-live's page, never by a second list"
    ),
    Fault.METER_DIFFERS: lazy(
        "the list says meter {found}, the room has {expected}; look at the meter's case"
    ),
    Fault.METER_TWICE: lazy("meter {found} is already in row {expected}; correct one of the two"),
    Fault.REGISTER_AHEAD: lazy(
        "the list says {found} kWh, the meter itself later read {expected} kWh: it can't count backwards; read it again"
    ),
    Fault.MISSING_UNDECIDED: lazy(
        "{found} rooms of these buildings are not in the list ({expected} …); say below what becomes of them"
    ),
    Fault.EXTRA_CELLS: lazy(
        "has more cells than the header ({expected}), such as “{found}”; quote cells with commas"
    ),
    Fault.COLUMN_TWICE: lazy("there are two columns “{found}”; keep one"),
    Fault.NO_HEADER: lazy(
        "the first row has no header we know (found: {found}); it needs at least: {expected}"
    ),
    Fault.UNREADABLE: lazy("the file can't be read {found}; save it as {expected} and try again"),
    Fault.TOO_LONG: lazy("“{found}” is too long; at most {expected} rows"),
    Fault.NO_ROWS: lazy(
        "there is no room in the list; the first row holds the headers, the rows below the rooms"
    ),
    Fault.DEBT: lazy("owes {found}: it is kept as owed, the gateway begins with 0"),
    Fault.NOBODY: lazy("nobody occupies room {found}; whose are the {expected}?"),
    Fault.NO_METER: lazy("room {found} has no meter yet; nothing is measured there"),
    Fault.NO_READING: lazy("meter {found} was not read yet by its gateway: the register can't be compared"),
    Fault.REGISTER_DIFFERS: lazy("the list says {found} kWh, the meter reads {expected} kWh now"),
    Fault.BILLED_BEFORE: lazy(
        "our books already hold {expected} for room {found}; the opening balance is added to it: "
        "what was used before the change-over may be billed twice"
    ),
    Fault.NO_GATEWAY: lazy("building {found} has no gateway yet; its credit waits here until it has one"),
    Fault.UNKNOWN_COLUMN: lazy("these columns are not used: {found}"),
}
REFUSALS: dict[OpeningRefusal, Words] = {
    OpeningRefusal.HAS_PROBLEMS: lazy("The list has problems. Correct them and upload it again."),
    OpeningRefusal.NO_REASON: lazy("Say why: those who sign read it."),
    OpeningRefusal.NOT_DONE: lazy(
        "This go-live is not carried out, or was taken back: there is nothing to change."
    ),
    OpeningRefusal.ACCEPTED: lazy(
        "This building's go-live was accepted: it can't be taken back any more. Correct single rooms."
    ),
    OpeningRefusal.NOTHING_TO_DO: lazy("Nothing would change by it."),
    OpeningRefusal.UNKNOWN_ROOM: lazy("This room is not in the go-live."),
    OpeningRefusal.UNKNOWN_BUILDING: lazy("This building is not in the go-live."),
    OpeningRefusal.NO_GATEWAY: lazy(
        "The room's gateway can't be asked now: the building has none, it is being restored, or the account is closed."
    ),
    OpeningRefusal.NOTHING_OWED: lazy("Nothing is owed any more."),
    OpeningRefusal.STILL_ASKED: lazy(
        "The gateway was asked already and has not answered. Wait for its answer."
    ),
    OpeningRefusal.NOT_REFUSED: lazy("The gateway has not refused it: there is nothing to ask again."),
    OpeningRefusal.EXISTS_WITH_DIFFERENT: lazy("This page asked for something else before. Load it again."),
}
HINDRANCES: dict[str, Words] = {
    "too-few-signatures": lazy("two people other than who asked must sign: the chain of this act has fewer"),
    "unknown-batch": lazy("the list is no longer there"),
    "rows-differ": lazy("the rows are not those that were signed"),
    "already-live": lazy("room {what} got an opening balance meanwhile"),
    "changed-meanwhile": lazy("the opening balance of room {what} was changed meanwhile; ask again"),
    "accepted": lazy("the building of room {what} was accepted meanwhile"),
    "taken-back": lazy("the go-live of building {what} was taken back"),
    "no-gateway": lazy("the building of room {what} has no gateway that could be asked for the credit"),
    "gateway-being-restored": lazy("the gateway of room {what} is being restored; ask again when it is back"),
    "account-not-open": lazy("the account of room {what} is not open any more"),
    "pays-elsewhere": lazy("room {what} pays from another room now"),
    "not-prepaid": lazy("room {what} does not pay in advance any more"),
    "configuration-too-big": lazy("a building has more rooms than one gateway can be told: {what}"),
    "unit-changed": lazy("room {what} is kept in another unit now"),
}


def finding_words(finding: Finding) -> str:
    """Say what was found and what to do, without its place."""
    return str(FINDINGS[finding.fault]).format(found=finding.found, expected=finding.expected)


def place_of(finding: Finding) -> str:
    """Say where: sheet, row and column as the spreadsheet shows them."""
    row = _("row {row}").format(row=finding.row) if finding.row else ""
    return ", ".join(part for part in (finding.sheet, row, _column_words(finding.column)) if part)


def _column_words(column: str) -> str:
    """Call a column as a reader of Chinese would write its header."""
    chinese = (name for name in HEADERS.get(column, ()) if not name.isascii())
    return next(chinese, column) if (get_language() or "").startswith("zh") else column


def refusal_words(refused: Refused | ApprovalRefusal) -> str:
    """Say why nothing was asked for."""
    if isinstance(refused, ApprovalRefusal):
        return approval_refusal_words(refused)
    words = str(REFUSALS[refused.why])
    return f"{refused.what}: {words}" if refused.what else words


def hindrance_words(hindrance: Hindrance) -> str:
    """Say why a signed batch was not carried out."""
    return str(HINDRANCES.get(hindrance.why, hindrance.why)).format(what=hindrance.what)
