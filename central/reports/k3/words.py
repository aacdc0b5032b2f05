"""The words of the finance system's pages: what the map lacks, why there is no export, what is wrong with a list or a template."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.merchants.words import ROW_FAULTS
from central.domain.imported_rows import RowFault, RowFinding
from central.domain.k3_layout import LayoutFault, LayoutFinding
from central.domain.k3_map import Fact, MapFault, MapFinding
from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Group, Span, VoucherFault, VoucherFinding
from central.office.approval_views import refusal_words as approval_refusal
from central.office.approvals import ApprovalRefusal
from central.office.templatetags.cardroom import fen
from central.office.words import Words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

GROUP_WORDS: dict[Group, Words] = {
    Group.TAKINGS: lazy("takings"),
    Group.BILLS: lazy("monthly bills"),
    Group.USE: lazy("energy used"),
    Group.SUBSIDIES: lazy("subsidies"),
    Group.REFUNDS: lazy("refunds"),
    Group.CASH: lazy("cash, safe and hand-in"),
    Group.BANK: lazy("paid over by the card system"),
    Group.OTHER: lazy("other movements"),
}
SPAN_WORDS: dict[Span, Words] = {
    Span.DAY: lazy("a voucher for each day"),
    Span.MONTH: lazy("a voucher for each calendar month"),
}
KIND_WORDS: dict[K3Kind, Words] = {
    K3Kind.VOUCHERS: lazy("vouchers"),
    K3Kind.TOTALS: lazy("totals by account"),
}
FACT_WORDS: dict[Fact, Words] = {
    Fact.BUILDING: lazy("building's code"),
    Fact.BUILDING_NAME: lazy("building's name"),
    Fact.CLASS: lazy("customer class's code"),
    Fact.CLASS_NAME: lazy("customer class's name"),
    Fact.ITEM: lazy("the second part of our account"),
    Fact.DAYS: lazy("day or days of the voucher"),
    Fact.WHAT: lazy("what the voucher is about"),
}
FIELD_WORDS: dict[str, Words] = {
    "date": lazy("Date of the voucher"),
    "word": lazy("Voucher word"),
    "number": lazy("Voucher number"),
    "entry": lazy("Number of the entry"),
    "summary": lazy("Summary"),
    "account": lazy("Account code"),
    "name": lazy("Account name"),
    "item": lazy("Auxiliary item"),
    "debit": lazy("Debit side"),
    "credit": lazy("Credit side"),
    "opening_debit": lazy("Opening balance, debit"),
    "opening_credit": lazy("Opening balance, credit"),
    "closing_debit": lazy("Closing balance, debit"),
    "closing_credit": lazy("Closing balance, credit"),
}
MAP_FAULTS: dict[MapFault, Words] = {
    MapFault.NO_ROWS: lazy("The map has no rows."),
    MapFault.TOO_MANY_ROWS: lazy("The map has more than 300 rows."),
    MapFault.BAD_PATTERN: lazy("Our account is written like customer:*:yuan; * stands for any letters."),
    MapFault.PATTERN_TWICE: lazy("Our account stands in the map twice."),
    MapFault.NO_CODE: lazy("Give the account in K/3, or mark the row as left out."),
    MapFault.BAD_CODE: lazy("An account's code in K/3 has digits, letters and points only."),
    MapFault.NO_NAME: lazy("Give the account's name as it is in K/3."),
    MapFault.NO_SUMMARY: lazy("Give a summary: each entry has one."),
    MapFault.UNKNOWN_PLACE: lazy("There is no such place to fill in. Below is which ones there are."),
    MapFault.TWO_NAMES: lazy("One account in K/3 has two names in this map."),
    MapFault.CODE_AND_LEFT_OUT: lazy("A row that is left out has no account in K/3."),
    MapFault.TOO_LONG: lazy("The text is too long, or has signs that can't be printed."),
}
VOUCHER_FAULTS: dict[VoucherFault, Words] = {
    VoucherFault.UNMAPPED: lazy("%(account)s is not in the account map (%(found)s): %(yuan)s yuan."),
    VoucherFault.HALF_LEFT_OUT: lazy(
        "%(account)s is left out, and %(found)s is not: between them %(yuan)s yuan moved, and the voucher could not balance."
    ),
    VoucherFault.NO_FACT: lazy(
        "The row %(account)s asks for {%(found)s}, which is not known of %(yuan)s yuan. Write it without, or split the row."
    ),
}
LAYOUT_FAULTS: dict[LayoutFault, Words] = {
    LayoutFault.NO_VOUCHER_SHEET: lazy(
        "No sheet has a voucher's columns. Export one voucher from K/3 in its standard format, and upload that file unchanged."
    ),
    LayoutFault.MISSING_COLUMN: lazy("The column “%(found)s” is missing."),
    LayoutFault.COLUMN_TWICE: lazy("The column “%(found)s” is there twice."),
    LayoutFault.TOO_LARGE: lazy("The file has too many sheets or rows. Export one voucher only."),
    LayoutFault.UNREADABLE: lazy("The file can't be read as XLS or XLSX. Export it from K/3 again."),
}
REFUSALS: dict[str, Words] = {
    "no-map": lazy("There is no account map yet. Without it nothing can be exported."),
    "before-first-map": lazy("Nothing before %(found)s is kept in K/3: the first account map holds from then on."),
    "wrong-order": lazy("The last day comes after the first."),
    "too-many-days": lazy("At most %(found)s days go into one export."),
    "not-over": lazy("These days are not over or not closed yet: %(found)s. Close them first."),
    "map-lacks": lazy("The account map lacks something. Nothing is exported before it is whole."),
    "nothing-moved": lazy("Nothing moved on these days that K/3 keeps."),
    "exported-before": lazy("Some of these days were exported before. Say why they are exported again."),
    "too-many-rows": lazy("An XLS file holds 65,536 rows. Choose fewer days."),
    "changed": lazy("What would be exported has changed since it was shown. Look at it once more."),
    "unknown": lazy("There is no such list or export."),
    "ended": lazy("It was taken back before."),
    "no-reason": lazy("Say why."),
}  # fmt: skip


def map_finding_words(finding: MapFinding) -> str:
    """Say what is wrong with a map, and where."""
    words = str(MAP_FAULTS[finding.fault])
    if not finding.row:
        return words
    found = f"“{finding.found}” " if finding.found else ""
    return _("Row %(row)d: %(found)s%(words)s") % {"row": finding.row, "found": found, "words": words}


def voucher_finding_words(finding: VoucherFinding, kind_words: str) -> str:
    """Say what the map lacks, with the sum that would fall under the table."""
    found = kind_words if finding.fault is VoucherFault.UNMAPPED else finding.found
    yuan = fen(finding.micro_yuan // MICRO_YUAN_PER_FEN)
    return str(VOUCHER_FAULTS[finding.fault]) % {"account": finding.account, "found": found, "yuan": yuan}


def layout_finding_words(finding: LayoutFinding) -> str:
    """Say why a file is no template."""
    return str(LAYOUT_FAULTS[finding.fault]) % {"found": finding.found}


def row_finding_words(finding: RowFinding) -> str:
    """Say what is wrong with a row of K/3's list, with what was found there."""
    words = ROW_WORDS.get(finding.fault) or ROW_FAULTS[finding.fault]
    found = f"“{finding.found}” " if finding.found else ""
    if not finding.field:
        return f"{found}{words}."
    field = FIELD_WORDS[finding.field]
    return _("%(field)s %(found)s%(fault)s.") % {"field": field, "found": found, "fault": words}


ROW_WORDS: dict[RowFault, Words] = {
    RowFault.DIFFERS_FROM_BEFORE: lazy(
        "was imported before with another account or sum. If it was changed in K/3, take the former import back first"
    ),
    RowFault.UNREADABLE: lazy("The file can't be read as CSV (UTF-8, GBK), XLS or XLSX. Save it again"),
    RowFault.SAME_FILE: lazy("This very file was imported before, and still counts"),
}


def refusal_text(why: str, found: str = "") -> str:
    """Say why nothing was done."""
    if isinstance(why, ApprovalRefusal):
        return approval_refusal(why)
    return str(REFUSALS.get(why, why)) % {"found": found}
