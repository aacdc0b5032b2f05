"""Residents send photographs, too: nobody of the offices took them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [("office", "0007_photos")]

    operations = [
        migrations.AlterField(
            model_name="photo",
            name="by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="photos", to=settings.AUTH_USER_MODEL),
        ),
        ForbidChanges("losses_photo"),
    ]
