"""What books hold, in a few numbers that only grow: said by a backup of itself, and counted again where it is unpacked."""

from central.desk.models import Payment, Receipt
from central.ledger.models import AuditEntry, Transfer
from central.link.models import Command, Gateway, GatewayEntry, Grant
from central.office.models import User


def counted() -> dict[str, int | str]:
    """Count rows that are never deleted. Taken before a copy, so that the copy has at least as many."""
    tables = {
        "receipts": Receipt,
        "payments": Payment,
        "transfers": Transfer,
        "audit": AuditEntry,
        "grants": Grant,
        "commands": Command,
        "gateway-entries": GatewayEntry,
        "gateways": Gateway,
        "users": User,
    }
    return {name: model._default_manager.count() for name, model in tables.items()}


def missing(said: dict[str, int | str], found: dict[str, int | str]) -> list[str]:
    """Name what an unpacked central has less of than its backup said."""
    return [
        name for name, count in said.items() if isinstance(count, int) and int(found.get(name, 0)) < count
    ]
