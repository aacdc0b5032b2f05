from django.db import migrations

from central.ledger.monthly_tables import DivideByMonth


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0005_group_days'),
    ]

    operations = [
        DivideByMonth('telemetry_reading', 'wall_ms'),
        DivideByMonth('telemetry_hourlyuse', 'hour_ms'),
        DivideByMonth('telemetry_relayevent', 'at_ms'),
        DivideByMonth('telemetry_decisionevent', 'at_ms'),
        DivideByMonth('telemetry_lossbalance', 'to_ms'),
        DivideByMonth('telemetry_instanttotal', 'at_ms'),
    ]
