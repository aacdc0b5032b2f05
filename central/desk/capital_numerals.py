"""Amounts in capital Chinese numerals, by the central bank's rules for vouchers (正确填写票据和结算凭证的基本规定).

人民币 stands right before the amount; 整 ends an amount of whole yuan; one zero is written for zeros between figures.
"""

import cn2an

from central.office.templatetags.cardroom import fen

CURRENCY = "人民币"


def in_capitals(amount_fen: int) -> str:
    """Write an amount above zero: 5000 -> 人民币伍拾元整. cn2an cuts below a fen and takes no separators: it gets two decimals."""
    return CURRENCY + str(cn2an.an2cn(fen(amount_fen), "rmb"))
