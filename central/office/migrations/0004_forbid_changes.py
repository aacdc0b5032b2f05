"""Signatures, filings and dated values are written once: triggers refuse UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):
    dependencies = [("office", "0003_approvals_and_settings")]

    operations = [
        ForbidChanges("office_signature"),
        ForbidChanges("office_filing"),
        ForbidChanges("office_datedvalue"),
    ]
