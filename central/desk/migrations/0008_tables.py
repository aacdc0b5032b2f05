"""The pages of receipt books that lie with a batch for finance."""

import django.db.models.deletion
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0007_charges'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandInPages',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issued', 'issued'), ('void', 'void'), ('missing', 'not there')], max_length=8)),
                ('first', models.IntegerField()),
                ('last', models.IntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hand_ins', to='desk.receiptbook')),
                ('hand_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='desk.handin')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('first__gte', 1), ('last__gte', models.F('first'))), name='handed_in_pages_in_order')],
            },
        ),
        ForbidChanges("desk_handinpages"),
    ]
