"""Credit that puts an error of the college right."""

from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('link', '0007_go_live'),
    ]

    operations = [
        migrations.AlterField(
            model_name='grant',
            name='source',
            field=models.CharField(choices=[('payment', 'payment'), ('subsidy', 'subsidy'), ('opening', 'opening balance'), ('adjustment', 'adjustment')], max_length=16),
        ),
        # Altering a field rebuilds the table on SQLite, and its triggers are gone.
        ForbidChanges("link_grant"),
    ]
