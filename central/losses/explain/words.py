"""What a bill says in words: what is missing or unusual in it, and what doesn't tie. Short sentences, for a person in a dispute."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.desk.go_live.signers_view import bucket_words
from central.domain.bill_checks import BillFault, Found
from central.domain.bill_content import Remark, SideSum
from central.office.ledger_words import side_words
from central.office.templatetags.cardroom import unit_word
from central.office.words import Words
from gateway.contract.meter_facts import PeriodMethod

HOUR_MS = 3_600_000
REMARKS: dict[str, Words] = {
    "so-far": gettext_lazy("This period is not over: the sum is the one so far."),
    "booked-after-end": gettext_lazy(
        "%(count)s rows of this period became known only after its end, the last on %(at)s: booked late, with"
        " both dates."
    ),
    "events-archived": gettext_lazy(
        "What the relay did and what was decided in %(what)s lies in the archive: it is not listed here. The administrator can"
        " load it back. Money and registers are whole."
    ),
    "told-late": gettext_lazy(
        "%(count)s entries reached the server more than a day after they happened, the last on %(at)s. The "
        "building went on by itself meanwhile."
    ),
    "provisional": gettext_lazy(
        "%(count)s entries were billed at the lowest price, because the gateway did not know the time; the "
        "difference follows as an adjustment. Not yet adjusted: %(what)s"
    ),
    "clock-not-trusted": gettext_lazy("%(count)s entries bear a time that the gateway itself did not trust."),
    "not-booked": gettext_lazy(
        "%(count)s entries were told by a store that an opening has replaced: they are shown and are not in "
        "the sum."
    ),
    "store-rebuilt": gettext_lazy(
        "The gateway began a new store and adopted the balances from here on %(at)s: registers go on from "
        "what was billed before."
    ),
    "long-intervals": gettext_lazy(
        "%(count)s entries span more than three hours, the longest %(hours)s hours: no reading came in "
        "between. The energy is measured, when within it was used is not."
    ),
    "readings-thinned": gettext_lazy(
        "Readings between two entries may have been thinned out while the building was without a link. The "
        "reading behind an entry is always kept."
    ),
    "no-register": gettext_lazy(
        "%(count)s entries have no register at their end: between two price changes, or without a meter."
    ),
    "no-frame": gettext_lazy(
        "%(count)s entries have a register without its raw frame: typed by a person, or taken over from a "
        "rebuilt store."
    ),
    "frame-not-decoded": gettext_lazy(
        "%(count)s raw frames are not of DL/T 645 (Modbus): they are shown, their register is not decoded "
        "here."
    ),
    "transformers": gettext_lazy(
        "Behind current transformers: the register is what the frame shows times the ratio: %(what)s"
    ),
    "meter-swapped": gettext_lazy(
        "A meter was replaced: %(what)s. Between the two registers nothing was metered, and nothing is "
        "billed."
    ),
    "paid-elsewhere": gettext_lazy(
        "This room's energy is paid by the shared balance of %(what)s: %(count)s entries stand apart below "
        "and are not in this sum."
    ),
    "pays-for-others": gettext_lazy(
        "This balance also pays for %(what)s: their energy is in this sum, each entry says whose it was."
    ),
    "credit-on-its-way": gettext_lazy(
        "%(count)s credits are booked here and not yet confirmed by the gateway: its own balance is lower by "
        "these."
    ),
    "rows-not-taken": gettext_lazy(
        "%(count)s messages about this account could not be taken, and wait for a person: they are not in "
        "this sum."
    ),
    "group-unknown": gettext_lazy(
        "No master meter is known that counts this room's meter, or it was not balanced in this period."
    ),
}
FAULTS: dict[BillFault, Words] = {
    BillFault.HASH: gettext_lazy("a ledger row was changed: its hash does not fit"),
    BillFault.SUM: gettext_lazy("opening and rows do not give the closing balance"),
    BillFault.FRAME: gettext_lazy("the raw frame shows another register than the entry"),
    BillFault.FRAME_DAMAGED: gettext_lazy("the raw frame is damaged"),
    BillFault.REGISTERS_APART: gettext_lazy("the register does not go on where the entry before ended"),
    BillFault.ENERGY: gettext_lazy("the energy is not the difference of the registers"),
    BillFault.MONEY: gettext_lazy("the amount is not energy times price"),
    BillFault.CARRIED: gettext_lazy("what is below a micro-yuan was not carried on"),
    BillFault.BALANCE: gettext_lazy("the gateway's balance does not go on from the entry before"),
    BillFault.NOT_BOOKED: gettext_lazy("an entry's amount is not booked in the ledger as it says"),
    BillFault.KEPT: gettext_lazy("the balance kept in the books is not the sum of its rows"),
}
METHODS: dict[str, Words] = {
    PeriodMethod.READ: gettext_lazy("read at the instant"),
    PeriodMethod.INTERPOLATED: gettext_lazy("between two readings"),
    PeriodMethod.LATE: gettext_lazy("told late"),
}


def remark_words(remark: Remark) -> str:
    """Say a remark; its name where it is newer than this page."""
    words = REMARKS.get(remark.code, remark.code)
    given = {
        "count": remark.count,
        "at": minute_text(remark.at_ms) if remark.at_ms and remark.code != "long-intervals" else "",
        "hours": (remark.at_ms or 0) // HOUR_MS,
        "what": "、".join(remark.what[:8]) or "–",
    }
    return str(words) % given


def fault_words(found: Found) -> str:
    """Say what doesn't tie, and where."""
    return f"{found.row}: {FAULTS[found.fault]}{f' ({found.detail})' if found.detail else ''}"


def side_title(side: SideSum) -> str:
    """Name one of the room's sums with its unit."""
    named = _("Balance, %(bucket)s") % {"bucket": bucket_words(side.bucket)} if side.is_balance else ""
    return f"{named or side_words(side.code)} ({unit_word(side.unit)})"
