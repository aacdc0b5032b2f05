"""Registers the ledger with Django; it listens for migrations (are the triggers there?) and for campus changes (audit)."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """The ledger; it keeps watch over every immutable table of central."""

    name = "central.ledger"
    label = "ledger"

    def ready(self) -> None:
        from central.campus.signals import changed
        from central.ledger.immutability import verify_after_migrate
        from central.ledger.operations import record_audit

        def audit_campus_change(sender: Any, signal: Any, **change: Any) -> None:
            record_audit(**change)

        changed.connect(audit_campus_change, weak=False, dispatch_uid="central.ledger.audit")
        post_migrate.connect(verify_after_migrate, dispatch_uid="central.ledger.immutability")
