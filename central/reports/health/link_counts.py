"""What ingest counted for all gateways together, by names that are known: a gateway's own words never become a label."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Sum

from central.link.models import LinkCounter
from gateway.contract.envelope import Refusal

REASONS = {
    **{f"refused-{one.value}": one.value for one in Refusal},
    "unknown-gateway": "unknown-gateway",
    "state-malformed": "malformed",
    "answer-stale": "stale",
}
BATCHES = frozenset({"batch-broken-order", "batch-unknown-epoch"})


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """Messages refused by reason; batches and rows taken, rows that came again, rows put aside."""

    refused: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    rows: int = 0
    repeated: int = 0
    quarantined: int = 0


def link_counts() -> LinkCounts:
    """Sum the counters over all gateways."""
    rows = LinkCounter.objects.order_by().values_list("name").annotate(Sum("count"))
    counted: dict[str, int] = dict(rows)
    refused: Counter[str] = Counter()
    for name, n in counted.items():
        if name in REASONS:
            refused[REASONS[name]] += n
        elif name.startswith("batch-"):
            refused[name if name in BATCHES else "other"] += n
    return LinkCounts(
        refused,
        batches=counted.get("batches", 0),
        rows=counted.get("rows", 0),
        repeated=counted.get("rows-known", 0),
        quarantined=counted.get("quarantined", 0),
    )
