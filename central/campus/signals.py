"""What the campus announces to the floors above, inside the transaction of the change.

`changed` is sent with actor, action, subject, detail, now_ms: the ledger writes it into the audit chain.
"""

from django.dispatch import Signal

changed = Signal()
