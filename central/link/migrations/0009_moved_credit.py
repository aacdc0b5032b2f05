"""Credit of a former room as a grant's source: neither takings nor a subsidy."""

from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('link', '0008_correction'),
    ]

    operations = [
        migrations.AlterField(
            model_name='grant',
            name='source',
            field=models.CharField(choices=[('payment', 'payment'), ('subsidy', 'subsidy'), ('opening', 'opening balance'), ('adjustment', 'adjustment'), ('moved', 'credit of the former room')], max_length=16),
        ),
        ForbidChanges("link_grant"),
    ]
