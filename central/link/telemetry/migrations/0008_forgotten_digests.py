from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telemetry', '0007_archived_months'),
    ]

    operations = [
        migrations.AddField(
            model_name='telemetryposition',
            name='forgotten_ms',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='telemetryposition',
            name='forgotten_seq',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='telemetryposition',
            name='marks',
            field=models.JSONField(default=list),
        ),
    ]
