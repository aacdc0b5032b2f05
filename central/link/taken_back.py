"""Where credit lies that a gateway gave back: ingest books it by whether its bucket is ever paid out (C-7)."""

from central.campus.models import Account
from central.ledger import chart_of_accounts as chart


def where_taken_went(account: Account, bucket: str, unit: str) -> chart.Side:
    """Give the side of the ledger that what was taken back of a bucket was booked to, in the bucket's unit."""
    if account.point.customer_class.buckets.filter(name=bucket, refundable=True).exists():
        return chart.taken_back(account.code, unit)
    return chart.lapsed(unit)
