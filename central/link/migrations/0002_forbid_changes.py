"""Make the tables of money immutable: triggers refuse UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):
    dependencies = [("link", "0001_initial")]

    operations = [
        ForbidChanges("link_grant"),
        ForbidChanges("link_gatewayentry"),
    ]
