"""Subsidies per head, and what is taken while central is down: pages, the sheets that enter them, counts of vouchers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0011_merchants'),
        ('link', '0010_stock_vouchers'),
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
            name='OutageSheet',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=32, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('day', models.DateField()),
                ('entered_ms', models.BigIntegerField(db_index=True)),
                ('sum_fen', models.BigIntegerField()),
                ('counted_fen', models.BigIntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outage_sheets', to='desk.receiptbook')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outage_sheets', to='desk.shift')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
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
            name='VoucherStock',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('value_fen', models.BigIntegerField()),
                ('vouchers', models.PositiveIntegerField()),
                ('why', models.CharField(max_length=300)),
                ('approval', models.BigIntegerField()),
                ('made_ms', models.BigIntegerField()),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('building', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='voucher_stocks', to='campus.building')),
            ],
        ),
        migrations.CreateModel(
            name='VoucherPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('copy', models.IntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stock', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prints', to='desk.voucherstock')),
            ],
        ),
        migrations.CreateModel(
            name='VoucherCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counted', models.IntegerField()),
                ('expected', models.IntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stock', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='desk.voucherstock')),
            ],
        ),
        migrations.CreateModel(
            name='OutagePage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.IntegerField()),
                ('written_ms', models.BigIntegerField(null=True)),
                ('void_reason', models.CharField(blank=True, max_length=120)),
                ('payment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outage_page', to='desk.payment')),
                ('voucher', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outage_page', to='link.stockvoucher')),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='desk.outagesheet')),
            ],
            options={
                'ordering': ['sheet_id', 'page'],
                'constraints': [models.UniqueConstraint(fields=('sheet', 'page'), name='one_outage_page_per_number'), models.CheckConstraint(condition=models.Q(models.Q(('payment__isnull', False), ('void_reason', '')), models.Q(('payment__isnull', True), models.Q(('void_reason', ''), _negated=True)), _connector='OR'), name='outage_page_paid_or_void')],
            },
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
        migrations.AddConstraint(
            model_name='voucherprint',
            constraint=models.UniqueConstraint(fields=('stock', 'copy'), name='one_voucher_print_per_number'),
        ),
        migrations.AddConstraint(
            model_name='voucherprint',
            constraint=models.CheckConstraint(condition=models.Q(('copy', 0), models.Q(('reason', ''), _negated=True), _connector='OR'), name='vouchers_again_have_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='vouchercount',
            constraint=models.CheckConstraint(condition=models.Q(('counted', models.F('expected')), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_differing_count_has_a_reason'),
        ),
        ForbidChanges("desk_subsidybatch"),
        ForbidChanges("desk_subsidyrow"),
        ForbidChanges("desk_outagesheet"),
        ForbidChanges("desk_subsidydone"),
        ForbidChanges("desk_subsidyleftout"),
        ForbidChanges("desk_voucherstock"),
        ForbidChanges("desk_voucherprint"),
        ForbidChanges("desk_vouchercount"),
        ForbidChanges("desk_outagepage"),
        ForbidChanges("desk_subsidyundo"),
    ]
