"""A bill as a paper: what the PDF shows. All of it, in the reader's language; the data file holds the same."""

from django.utils.translation import gettext as _

from central.domain.bill_content import Bill, digest_of
from central.domain.paper import Paper, Table
from central.domain.periods import read_period
from central.losses.explain import tables
from central.losses.explain.beside_tables import beside_tables
from central.losses.explain.words import remark_words
from central.papers.accounting import first_days
from central.papers.words import period_words


def paper_of(bill: Bill, content: bytes, faults: list[str]) -> Paper:
    """Make the paper; its notes bear the data file's digest, what is missing, and what doesn't tie."""
    period = read_period(bill.period, first_days)
    occupants = "、".join(bill.occupants)
    holds = _("Checked when it was made: all rows tie, and each ledger row's hash holds.")
    return Paper(
        code="bill",
        document="",
        title=_("Bill of %(room)s explained") % {"room": bill.room},
        period=f"{period_words(period)} · {bill.class_name}{f' · {occupants}' if occupants else ''}",
        from_ms=bill.from_ms,
        until_ms=bill.until_ms,
        tables=all_tables(bill),
        notes=[
            _("Data file, SHA-256: %(digest)s") % {"digest": digest_of(content)},
            "; ".join([_("It does not tie: "), *faults]) if faults else holds,
            *(remark_words(one) for one in bill.remarks),
        ],
    )


def all_tables(bill: Bill) -> list[Table]:
    """Give every table, with every entry."""
    used = [one for one in bill.entries if one.kind == tables.USED]
    others = [one for one in bill.entries if one.kind != tables.USED]
    listed = [
        *tables.sum_tables(bill),
        tables.moves_table(bill),
        tables.price_table(bill),
        tables.entries_table(bill, used, _("Use, entry by entry")),
    ]
    if others:
        listed.append(tables.entries_table(bill, others, _("The gateway's other entries")))
    if bill.elsewhere:
        listed.append(tables.entries_table(bill, bill.elsewhere, _("Energy that another balance paid")))
    return [*listed, tables.receipt_table(bill), *beside_tables(bill)]
