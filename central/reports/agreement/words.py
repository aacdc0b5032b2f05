"""The words of the agreement's pages and papers: parties, lines, what was found about a gap, why something was refused."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.models import Building
from central.clock import local
from central.desk.merchants.words import ROW_FAULTS
from central.domain.agreement_rows import Grain, Row
from central.domain.four_way import LineState, LineUnit, Origin, Party
from central.domain.gap_findings import Basis, Error, ErrorKind, Side, Verdict
from central.domain.imported_rows import RowFault, RowFinding
from central.losses.readings.sheets import month_of, named_period
from central.office.approval_views import refusal_words as approval_refusal
from central.office.approvals import ApprovalRefusal
from central.office.words import Badge, Words
from central.reports.agreement.content import LineKey
from central.reports.k3.queries import import_of
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

LINE_WORDS: dict[LineKey, Words] = {
    LineKey.MONEY: lazy("Money: card room and K/3"),
    LineKey.ENERGY: lazy("Energy: electrician and automatic registers"),
    LineKey.BRIDGE: lazy("Bridge: balances and movements, yuan"),
    LineKey.BRIDGE_KWH: lazy("Bridge: balances and movements, kWh"),
}
SHORT_LINES: dict[LineKey, Words] = {
    LineKey.MONEY: lazy("Money"),
    LineKey.ENERGY: lazy("Energy"),
    LineKey.BRIDGE: lazy("Bridge"),
    LineKey.BRIDGE_KWH: lazy("Bridge, kWh"),
}
PARTY_WORDS: dict[Party, Words] = {
    Party.CARD_ROOM: lazy("Card room's takings"),
    Party.K3: lazy("K/3's takings"),
    Party.ELECTRICIAN: lazy("Read by the electrician"),
    Party.AUTOMATIC: lazy("Automatic registers"),
    Party.OPENING: lazy("Opening balances"),
    Party.TAKINGS: lazy("Credit sold"),
    Party.SUBSIDIES: lazy("Subsidies and other credit"),
    Party.REFUNDS: lazy("Refunds, credit taken back or lapsed"),
    Party.CONSUMPTION: lazy("Energy used, at its price"),
    Party.CLOSING: lazy("Closing balances told by the gateway"),
}
LIST_PARTIES: dict[Party, Words] = {
    Party.K3: lazy("K/3's takings by building"),
    Party.ELECTRICIAN: lazy("the electrician's readings"),
    Party.AUTOMATIC: lazy("the network centre's automatic readings"),
}
GRAIN_WORDS: dict[Grain, Words] = {
    Grain.ROWS: lazy("single rows: each payment, each meter"),
    Grain.DAYS: lazy("a sum for each building and day"),
    Grain.PLACES: lazy("a sum for each room"),
    Grain.PERIOD: lazy("a sum for each building"),
}
ORIGIN_WORDS: dict[Origin, Words] = {Origin.OURS: lazy("ours"), Origin.IMPORTED: lazy("imported")}
STATES: dict[LineState, Badge] = {
    LineState.AGREES: Badge(lazy("agrees"), "good", "done"),
    LineState.DIFFERS: Badge(lazy("differs"), "bad", "fail"),
    LineState.MISSING: Badge(lazy("a source is missing"), "warn", "clash"),
}
VERDICT_WORDS: dict[Verdict, Words] = {
    Verdict.AGREES: lazy("agrees"),
    Verdict.NAMED: lazy("explained"),
    Verdict.FITS: lazy("fits by its numbers"),
    Verdict.AMBIGUOUS: lazy("several explanations"),
    Verdict.COINCIDENCE: lazy("proves nothing"),
    Verdict.UNEXPLAINED: lazy("unexplained"),
    Verdict.NOT_SEARCHED: lazy("not searched to the end"),
}
VERDICT_ABOUT: dict[Verdict, Words] = {
    Verdict.AGREES: lazy("Nothing is left over."),
    Verdict.NAMED: lazy(
        "One explanation, tied by numbers of receipts, rooms or days, or closing two gaps at once."
    ),
    Verdict.FITS: lazy(
        "One smallest set of rows fits the sum; nothing else speaks for it. Look at the rows."
    ),
    Verdict.AMBIGUOUS: lazy("These are equally good: which one it was, the papers must say."),
    Verdict.COINCIDENCE: lazy(
        "Sets of several rows fit, but so they would nearly any sum: this is no explanation."
    ),
    Verdict.UNEXPLAINED: lazy(
        "Searched to the end: no rows explain it. Ask for finer rows, or look at these by hand."
    ),
    Verdict.NOT_SEARCHED: lazy("Too many rows hang together: nothing is claimed. Ask for a finer list."),
}
SIDE_WORDS: dict[LineKey, tuple[Words, Words]] = {
    LineKey.MONEY: (lazy("the card room"), lazy("K/3")),
    LineKey.ENERGY: (lazy("the electrician's sheet"), lazy("the automatic registers")),
    LineKey.BRIDGE: (lazy("the movements"), lazy("the balances")),
    LineKey.BRIDGE_KWH: (lazy("the movements"), lazy("the balances")),
}
ERROR_WORDS: dict[ErrorKind, Words] = {
    ErrorKind.MISSING: lazy("Missing in %(side)s"),
    ErrorKind.DOUBLED: lazy("Stands twice in %(side)s"),
    ErrorKind.TRANSPOSED: lazy("Two digits changed places in %(side)s"),
    ErrorKind.ONE_DIGIT: lazy("One digit is another in %(side)s"),
    ErrorKind.SIGN_REVERSED: lazy("Added where it should be taken off, or the reverse, in %(side)s"),
    ErrorKind.OTHER_DOCUMENT: lazy("Another number of the paper in %(side)s; the sum is the same"),
    ErrorKind.AMOUNT_DIFFERS: lazy("Another amount in %(side)s"),
    ErrorKind.ROUNDED: lazy("Rounded in %(side)s: no mistake"),
    ErrorKind.WRONG_BUILDING: lazy("In another building in %(side)s"),
    ErrorKind.WRONG_PLACE: lazy("In another room in %(side)s"),
    ErrorKind.WRONG_DAY: lazy("On another day in %(side)s"),
    ErrorKind.WRONG_PERIOD: lazy("In another period in %(side)s"),
    ErrorKind.CUT_OFF: lazy("On the other side of the period's edge in %(side)s"),
    ErrorKind.LATE: lazy("Came late, and stands in a later period in %(side)s"),
    ErrorKind.TOTAL_MISSING: lazy("No sum at all in %(side)s"),
}
BASIS_WORDS: dict[Basis, Words] = {
    Basis.DOCUMENT: lazy("tied by the number of the paper"),
    Basis.PLACE: lazy("tied by the room or meter"),
    Basis.DAY: lazy("tied by day and amount"),
    Basis.TWO_GAPS: lazy("closes two gaps at once"),
    Basis.SUMS: lazy("by the sum of a day or room"),
    Basis.NUMBERS: lazy("by numbers alone"),
}
FIELD_WORDS: dict[str, Words] = {
    "building": lazy("Building"),
    "day": lazy("Day"),
    "place": lazy("Room or meter"),
    "document": lazy("Number of the paper"),
    "amount": lazy("Amount"),
    "register": lazy("Register"),
}
REFUSALS: dict[str, Words] = {
    "not-over": lazy("The period is not over yet. Its lines are signed when it is."),
    "locked": lazy("The period is signed and locked: what comes later is booked in the next one."),
    "changed": lazy(
        "The figures have changed since they were shown. Look at them once more, then send them."
    ),
    "still-looking": lazy(
        "What explains the differences is still being looked for. Wait until it is shown, then send it."
    ),
    "days-open": lazy(
        "Days of the period are not closed yet. Close them first: their figures may still grow."
    ),
    "earlier-open": lazy(
        "An earlier period of this building is not locked yet. Periods are locked in order."
    ),
    "true-ups": lazy(
        "True-ups of this period are not decided yet: see the page of true-ups. What nobody metered would be forgotten."
    ),
    "no-reason": lazy("Say why: something differs without an explanation, or a source is missing."),
    "unknown": lazy("There is no such list."),
    "ended": lazy("It was taken back before."),
    "told-before": lazy("A list that counts tells it already. Take that one back first."),
}


def refusal_text(why: str) -> str:
    """Say why nothing was done."""
    if isinstance(why, ApprovalRefusal):
        return approval_refusal(why)
    return str(REFUSALS.get(why, why))


def row_finding_words(finding: RowFinding) -> str:
    """Say what is wrong with a row of a list, with what was found there."""
    words = SAME_FILE if finding.fault is RowFault.SAME_FILE else ROW_FAULTS[finding.fault]
    found = f"“{finding.found}” " if finding.found else ""
    if not finding.field:
        return f"{found}{words}."
    field = FIELD_WORDS[finding.field]
    return _("%(field)s %(found)s%(fault)s.") % {"field": field, "found": found, "fault": words}


SAME_FILE = lazy("This very file was brought in before, and still counts")


def error_words(key: LineKey, error: Error) -> str:
    """Say one error in plain words: what is wrong, on which side, where the other side has it, what ties the rows."""
    left, right = SIDE_WORDS[key]
    side = left if error.side is Side.LEFT else right
    words = str(ERROR_WORDS[error.kind]) % {"side": side}
    if error.other is not None:
        building, period = error.other
        where = " ".join(part for part in (_building(building), period.partition(":")[2]) if part)
        words = f"{words} ({where})"
    if error.take < len(error.rows):
        words = _("%(words)s: any %(take)d of these %(rows)d") % {
            "words": words,
            "take": error.take,
            "rows": len(error.rows),
        }
    return _("%(words)s; %(basis)s") % {"words": words, "basis": BASIS_WORDS[error.basis]}


def _building(code: str) -> str:
    name = Building.objects.filter(code=code).values_list("name", flat=True).first()
    return name or code


def row_words(row: Row) -> str:
    """Name a row as a reader knows it: paper, room, day and time."""
    at = f"{local(row.at_ms):%m-%d %H:%M}" if row.at_ms is not None else f"{row.day:%m-%d}"
    late = _("booked %(day)s") % {"day": row.booked.isoformat()} if row.booked else ""
    return " · ".join(part for part in (row.document, row.place, at, late) if part)


def in_paper_unit(amount: int, unit: LineUnit) -> int:
    """Give an amount as papers count it: micro-yuan or Wh."""
    return amount * MICRO_YUAN_PER_FEN if unit is LineUnit.FEN else amount


def address_of(origin: str) -> str:
    """Give the page on which a row can be looked at; "" where there is none."""
    kind, _colon, rest = origin.partition(":")
    if kind == "receipt" and rest.isdecimal():
        return reverse("desk:receipt", args=[int(rest)])
    if kind == "list" and rest.isdecimal():
        return reverse("agreement:list", args=[int(rest)])
    if kind == "k3":
        number = import_of(rest)
        return reverse("k3:imported", args=[int(number)]) if number.isdecimal() else ""
    if kind == "sheet":
        building, _between, period = rest.partition(":")
        found = named_period(period)
        return reverse("losses:reading-sheet", args=[int(building), month_of(found)]) if found else ""
    if kind == "room":
        return reverse("dashboard:room", args=[int(rest)])
    return reverse("dashboard:building", args=[rest]) if kind == "building" else ""
