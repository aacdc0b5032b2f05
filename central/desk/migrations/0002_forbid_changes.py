"""Make the tables of money immutable: triggers refuse UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]

    operations = [
        ForbidChanges("desk_payment"),
        ForbidChanges("desk_receipt"),
    ]
