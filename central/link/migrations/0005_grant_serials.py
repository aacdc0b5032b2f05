"""A serial per gateway for each grant. What was booked already gets one; what was signed and not booked stays without, for ever.

The signed bytes of those name no serial: a code for one would credit beside them. Openings go on naming them by their ids.
"""

from typing import Any

from django.db import migrations, models


def number_booked_grants(apps: Any, schema_editor: Any) -> None:
    """Number each gateway's booked grants from 1 on, in the order in which they were given."""
    delivery, gateway = apps.get_model("link", "Delivery"), apps.get_model("link", "Gateway")
    for here in gateway.objects.all():
        booked = delivery.objects.filter(gateway=here, applied_ms__isnull=False, vouched_ms=None)
        numbered = list(booked.order_by("grant__created_ms", "grant_id"))
        for serial, one in enumerate(numbered, start=1):
            one.serial = serial
        delivery.objects.bulk_update(numbered, ["serial"], batch_size=500)
        here.last_grant_serial = len(numbered)
        here.save(update_fields=["last_grant_serial"])


class Migration(migrations.Migration):
    dependencies = [("link", "0004_meter_facts")]

    operations = [
        migrations.AddField("Gateway", "last_grant_serial", models.BigIntegerField(default=0)),
        migrations.AddField("Delivery", "serial", models.BigIntegerField(null=True)),
        migrations.RunPython(number_booked_grants, migrations.RunPython.noop),
        migrations.AddConstraint(
            "Delivery", models.UniqueConstraint(fields=["gateway", "serial"], name="one_grant_per_serial")
        ),
    ]
