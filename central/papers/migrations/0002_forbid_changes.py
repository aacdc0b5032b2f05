"""Make sealed papers immutable: triggers refuse UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial")]

    operations = [
        ForbidChanges("papers_sealedpaper"),
    ]
