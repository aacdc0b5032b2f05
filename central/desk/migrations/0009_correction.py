"""Corrections of receipts, adjustments, and what became of credit that had been given wrongly."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0008_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reclaim',
            fields=[
                ('reclaim_id', models.CharField(max_length=48, primary_key=True, serialize=False)),
                ('bucket', models.CharField(max_length=32)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('why', models.CharField(max_length=200)),
                ('at_ms', models.BigIntegerField(db_index=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reclaims', to='campus.account')),
            ],
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('correction_id', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('room', 'wrong room'), ('amount', 'wrong amount'), ('items', 'wrong items'), ('none', 'should not have been')], max_length=8)),
                ('void', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='desk.receiptvoid')),
                ('reclaim', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='desk.reclaim')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('approval', models.BigIntegerField(primary_key=True, serialize=False)),
                ('bucket', models.CharField(max_length=32)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('why', models.CharField(max_length=300)),
                ('signed_by', models.CharField(max_length=400)),
                ('at_ms', models.BigIntegerField(db_index=True)),
                ('grant', models.CharField(max_length=64, null=True, unique=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='campus.account')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='desk.receipt')),
                ('reclaim', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='desk.reclaim')),
            ],
        ),
        migrations.CreateModel(
            name='ReclaimEnd',
            fields=[
                ('reclaim', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='desk.reclaim')),
                ('taken', models.BigIntegerField()),
                ('owed', models.BigIntegerField()),
                ('request', models.CharField(blank=True, max_length=64)),
                ('at_ms', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('owed__gte', 0), ('taken__gte', 0)), name='reclaim_end_not_below_zero')],
            },
        ),
        migrations.AddConstraint(
            model_name='reclaim',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='reclaim_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('grant__isnull', False), ('reclaim__isnull', True)), models.Q(('amount__lt', 0), ('grant__isnull', True), ('reclaim__isnull', False)), _connector='OR'), name='adjustment_gives_or_takes'),
        ),
        ForbidChanges("desk_reclaim"),
        ForbidChanges("desk_reclaimend"),
        ForbidChanges("desk_correction"),
        ForbidChanges("desk_adjustment"),
    ]
