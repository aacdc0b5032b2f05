"""Ask many rooms' credit back at once: what `ask_credit_back` does for one, in a few statements per building (C-7)."""

from collections.abc import Sequence

from central.ledger.operations import book_new
from central.link.epochs import take_back_order
from central.link.models import Gateway, TakeBackRequest
from central.link.operations import pending_memo
from central.link.outbox import enqueue_many

ROWS_AT_ONCE = 500


def ask_many_back(
    requests: Sequence[TakeBackRequest], buildings: Sequence[int], gateways: dict[int, Gateway], now_ms: int
) -> None:
    """Store requests that are not stored yet, book them as pending and number their commands.

    `buildings` are those of the requests, one each, and are locked (`lock_buildings`); each has its gateway, none of which is being
    restored. Accounts are loaded.
    """
    TakeBackRequest.objects.bulk_create(requests, batch_size=ROWS_AT_ONCE)
    if requests:
        book_new([pending_memo(request) for request in requests], now_ms)
    by_building: dict[int, list[TakeBackRequest]] = {}
    for request, building in zip(requests, buildings, strict=True):
        by_building.setdefault(building, []).append(request)
    for building, asked in sorted(by_building.items()):
        orders = [(take_back_order(request), request.request_id) for request in asked]
        enqueue_many(gateways[building].pk, orders, now_ms=now_ms)
