"""Make the tables of money immutable: triggers refuse UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        ForbidChanges("ledger_transfer"),
        ForbidChanges("ledger_auditentry"),
    ]
