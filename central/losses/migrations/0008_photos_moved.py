"""The model of photographs is office's now; the table is the same."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('losses', '0007_abnormal'),
        ('office', '0007_photos'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='Photo')]),
    ]
