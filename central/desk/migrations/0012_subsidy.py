"""Subsidies per head, and what is taken while central is down: pages, the sheets that enter them, counts of vouchers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0011_merchants'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SubsidyBatch',
            fields=[
                ('batch_id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('bucket', models.CharField(max_length=32)),
                ('unit', models.CharField(max_length=8)),
                ('per_head', models.BigIntegerField()),
                ('heads_on', models.DateField()),
                ('expires_ms', models.BigIntegerField(default=0)),
                ('digest', models.CharField(max_length=64)),
                ('why', models.CharField(max_length=300)),
                ('asked_ms', models.BigIntegerField(db_index=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campus.customerclass')),
            ],
        ),
        migrations.CreateModel(
            name='SubsidyRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('room', models.CharField(max_length=64)),
                ('heads', models.PositiveIntegerField()),
                ('amount', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subsidies', to='campus.account')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='desk.subsidybatch')),
                ('building', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campus.building')),
            ],
            options={
                'ordering': ['batch_id', 'number'],
            },
        ),
        migrations.CreateModel(
            name='SubsidyDone',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='done', serialize=False, to='desk.subsidybatch')),
                ('done_ms', models.BigIntegerField(db_index=True)),
                ('approval', models.BigIntegerField()),
                ('signed_by', models.CharField(max_length=400)),
            ],
        ),
        migrations.CreateModel(
            name='SubsidyLeftOut',
            fields=[
                ('row', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='left_out', serialize=False, to='desk.subsidyrow')),
                ('why', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='SubsidyUndo',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='undo', serialize=False, to='desk.subsidybatch')),
                ('why', models.CharField(max_length=300)),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddConstraint(
            model_name='subsidyrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='one_subsidy_per_number'),
        ),
        migrations.AddConstraint(
            model_name='subsidyrow',
            constraint=models.UniqueConstraint(fields=('batch', 'room'), name='one_subsidy_per_room'),
        ),
        migrations.AddConstraint(
            model_name='subsidyrow',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='subsidy_above_zero'),
        ),
        ForbidChanges("desk_subsidybatch"),
        ForbidChanges("desk_subsidyrow"),
        ForbidChanges("desk_subsidydone"),
        ForbidChanges("desk_subsidyleftout"),
        ForbidChanges("desk_subsidyundo"),
    ]
