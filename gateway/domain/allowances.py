"""What becomes of a dated bucket on its last day: it lapses, or what a rule allows rolls over into the next month (C-1, C-4, R-B1).

Central grants an allowance per head and month; the gateway's part is its end. Rolled credit stays in its bucket, under a later day.
"""

from collections.abc import Sequence

from gateway.contract.rules import BucketRule
from gateway.domain.buckets import Bucket, Posting, merged
from gateway.domain.calendar import month_of, month_starts_ms


def lapse(buckets: Sequence[Bucket], rules: Sequence[BucketRule], now_ms: int) -> tuple[Posting, ...]:
    """Give the postings that end every bucket whose last day is over, in trusted time; none when there is nothing to do."""
    by_name = {rule.name: rule for rule in rules}
    postings = []
    for bucket in buckets:
        if 0 < bucket.expires_ms <= now_ms and bucket.balance > 0:
            postings.append(Posting(bucket.name, bucket.unit, bucket.expires_ms, -bucket.balance))
            postings += _rolled(bucket, by_name.get(bucket.name))
    return merged(postings)


def _rolled(bucket: Bucket, rule: BucketRule | None) -> list[Posting]:
    """Give what goes on: at most the rule's greatest, to the end of the local month that begins or runs then."""
    if rule is None or rule.rollover_max <= 0:
        return []
    if 0 < rule.rollover_until_ms <= bucket.expires_ms:
        return []
    month = month_of(bucket.expires_ms, rule.utc_offset_minutes)
    ends_ms = month_starts_ms(month + 1, rule.utc_offset_minutes)
    if rule.rollover_until_ms > 0:
        ends_ms = min(ends_ms, rule.rollover_until_ms)
    return [Posting(bucket.name, bucket.unit, ends_ms, min(bucket.balance, rule.rollover_max))]
