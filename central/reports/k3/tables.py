"""Vouchers and what is left out of them, as tables for pages."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from central.domain.k3_voucher import VOUCHER_WORD, Group, Voucher
from central.domain.paper import Column, Kind, Row, Table
from central.reports.audit.acts import move_words
from central.reports.k3.words import GROUP_WORDS
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def groups_table(vouchers: Sequence[Voucher]) -> Table:
    """Sum vouchers by what they are about."""
    columns = [
        Column("group", _("Kind of voucher"), width=16),
        Column("vouchers", _("K/3 vouchers"), Kind.COUNT, 8, summed=True),
        Column("entries", _("Entries"), Kind.COUNT, 8, summed=True),
        Column("debit", _("Debit side"), Kind.YUAN, 12, summed=True),
        Column("credit", _("Credit side"), Kind.YUAN, 12, summed=True),
    ]
    rows = []
    for group in Group:
        own = [voucher for voucher in vouchers if voucher.group is group]
        if own:
            sums = (sum(v.debit_fen for v in own), sum(v.credit_fen for v in own))
            entries = sum(len(v.entries) for v in own)
            rows.append(
                Row([str(GROUP_WORDS[group]), len(own), entries, *(fen * MICRO_YUAN_PER_FEN for fen in sums)])
            )
    return Table(_("By what they are about"), columns, rows)


def vouchers_table(vouchers: Sequence[Voucher]) -> Table:
    """Give vouchers entry by entry."""
    columns = [
        Column("day", _("Day"), width=10),
        Column("number", _("K/3 voucher"), width=8),
        Column("summary", _("Summary"), width=20),
        Column("code", _("Account in K/3"), width=10),
        Column("name", _("Account name"), width=14),
        Column("item", _("Auxiliary item"), width=18),
        Column("debit", _("Debit side"), Kind.YUAN, 12, summed=True),
        Column("credit", _("Credit side"), Kind.YUAN, 12, summed=True),
    ]
    rows = [
        Row(
            [
                voucher.day.isoformat(),
                f"{VOUCHER_WORD}-{voucher.number}",
                *(entry.summary, entry.code, entry.name, entry.item),
                entry.debit_fen * MICRO_YUAN_PER_FEN or None,
                entry.credit_fen * MICRO_YUAN_PER_FEN or None,
            ]
        )
        for voucher in vouchers
        for entry in voucher.entries
    ]
    return Table(_("K/3 vouchers"), columns, rows)


def left_out_table(left_out: Mapping[str, int]) -> Table:
    """Give what the account map leaves out on purpose."""
    columns = [
        Column("kind", _("Movement"), width=24),
        Column("sum", _("Sum, yuan"), Kind.YUAN, 12, summed=True),
    ]
    rows = [Row([str(move_words(kind)), micro]) for kind, micro in sorted(left_out.items())]
    return Table(_("Left out by the account map"), columns, rows)
