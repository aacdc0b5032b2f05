"""What the gateway's answer to a collection means for the books: as much of the debt is settled as it took (C-7).

Ingest calls `settle_collection` in the transaction that settles the request.
"""

from central.desk.debts.naming import is_a_collection
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import TakeBackRequest
from central.link.taken_back import where_taken_went


def settle_collection(request: TakeBackRequest, now_ms: int) -> None:
    """Book what was taken against the debt; more than is owed stays with what was taken back, and is the room's."""
    if not is_a_collection(request.request_id) or request.state != TakeBackRequest.State.SETTLED:
        return
    owed = chart.owed(request.account.code, request.unit)
    amount = min(request.taken, balance(owed))
    if amount <= 0:
        return
    taken = where_taken_went(request.account, request.bucket, request.unit)
    at_ms = request.answered_ms or request.asked_ms
    name = f"debt-collected:{request.request_id}"
    book([Draft(name, taken, owed, amount, "debt-collected", at_ms, request.request_id, request.why)], now_ms)
