from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('link', '0015_backups'),
    ]

    operations = [
        migrations.AlterField(
            model_name='numberleap',
            name='series',
            field=models.CharField(max_length=64),
        ),
        # Altering a field rebuilds the table on SQLite, and its triggers are gone.
        ForbidChanges("link_numberleap"),
    ]
