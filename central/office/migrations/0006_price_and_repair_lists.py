"""Drafts of price and repair lists, and published lists, which are written once: triggers refuse UPDATE, DELETE and TRUNCATE."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('office', '0005_notices'),
    ]

    operations = [
        migrations.CreateModel(
            name='ListCounter',
            fields=[
                ('kind', models.CharField(choices=[('price-list', 'electricity prices'), ('repair-list', 'repair prices')], max_length=16, primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ListDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('price-list', 'electricity prices'), ('repair-list', 'repair prices')], max_length=16)),
                ('from_ms', models.BigIntegerField(default=0)),
                ('rows', models.JSONField(default=list)),
                ('office', models.CharField(max_length=16)),
                ('made_ms', models.BigIntegerField()),
                ('changed_ms', models.BigIntegerField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='list_draft', to='office.approval')),
            ],
            options={
                'ordering': ['-changed_ms', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PriceList',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('asked_from_ms', models.BigIntegerField()),
                ('begins_ms', models.BigIntegerField()),
                ('published_ms', models.BigIntegerField()),
                ('made_by', models.CharField(max_length=150)),
                ('why', models.CharField(max_length=300)),
                ('approval', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='office.approval')),
            ],
            options={
                'ordering': ['-number'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ListedPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campus.price')),
                ('price', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='listed', to='campus.price')),
                ('price_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='office.pricelist')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='RepairList',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('asked_from_ms', models.BigIntegerField()),
                ('begins_ms', models.BigIntegerField()),
                ('published_ms', models.BigIntegerField()),
                ('made_by', models.CharField(max_length=150)),
                ('why', models.CharField(max_length=300)),
                ('approval', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='office.approval')),
            ],
            options={
                'ordering': ['-number'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RepairItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32)),
                ('kind', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=80)),
                ('name_en', models.CharField(blank=True, max_length=80)),
                ('unit', models.CharField(max_length=8)),
                ('price_fen', models.BigIntegerField()),
                ('active', models.BooleanField(default=True)),
                ('repair_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='office.repairlist')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('repair_list', 'code'), name='one_repair_item_per_code'), models.CheckConstraint(condition=models.Q(('price_fen__gte', 0)), name='repair_price_not_negative')],
            },
        ),
        ForbidChanges("office_pricelist"),
        ForbidChanges("office_listedprice"),
        ForbidChanges("office_repairlist"),
        ForbidChanges("office_repairitem"),
    ]
