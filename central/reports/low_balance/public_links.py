"""The address under which a group's members see a list's picture without signing in: signed, and good for a week.

Robots of DingTalk and Feishu carry no pictures, so their text has this link. It shows what the group was told: rooms and
balances, no names; nobody can guess one.
"""

from django.core import signing
from django.urls import reverse

from central.reports.low_balance.models import LowBalanceList

SALT = "reports.low-balance"
LASTS_S = 7 * 86_400


def public_path(kept: LowBalanceList) -> str:
    """Give a list's public address."""
    return reverse("low_balance:public", args=[signing.dumps(kept.pk, salt=SALT)])


def list_of(token: str) -> LowBalanceList | None:
    """Find the list of a public address; None when it was changed or is too old."""
    try:
        number = signing.loads(token, salt=SALT, max_age=LASTS_S)
    except signing.BadSignature:
        return None
    if not isinstance(number, int):
        return None
    return LowBalanceList.objects.select_related("building").filter(pk=number).first()
