"""Registers the ledger with Django, and its check of triggers after every migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """The ledger; it keeps watch over every immutable table of central."""

    name = "central.ledger"
    label = "ledger"

    def ready(self) -> None:
        from central.ledger.immutability import verify_after_migrate

        post_migrate.connect(verify_after_migrate, dispatch_uid="central.ledger.immutability")
