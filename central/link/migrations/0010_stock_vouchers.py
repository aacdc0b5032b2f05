"""Vouchers signed beforehand: counted stock, and which of them a gateway credited."""

import django.db.models.deletion
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('link', '0009_moved_credit'),
    ]

    operations = [
        migrations.CreateModel(
            name='StockVoucher',
            fields=[
                ('number', models.CharField(max_length=24, primary_key=True, serialize=False)),
                ('stock', models.BigIntegerField(db_index=True)),
                ('serial', models.BigIntegerField()),
                ('bucket', models.CharField(max_length=32)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('grant_id', models.CharField(max_length=64, unique=True)),
                ('keys', models.CharField(max_length=64)),
                ('made_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock_vouchers', to='campus.account')),
                ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock_vouchers', to='link.gateway')),
            ],
            options={
                'ordering': ['stock', 'number'],
            },
        ),
        migrations.CreateModel(
            name='VoucherDestroyed',
            fields=[
                ('voucher', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='destroyed', serialize=False, to='link.stockvoucher')),
                ('approval', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='VoucherRedeemed',
            fields=[
                ('voucher', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='redeemed', serialize=False, to='link.stockvoucher')),
                ('entry', models.CharField(max_length=120)),
                ('at_ms', models.BigIntegerField()),
                ('received_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name='stockvoucher',
            constraint=models.UniqueConstraint(fields=('gateway', 'serial'), name='one_stock_voucher_per_serial'),
        ),
        migrations.AddConstraint(
            model_name='stockvoucher',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='stock_voucher_above_zero'),
        ),
        ForbidChanges("link_stockvoucher"),
        ForbidChanges("link_voucherdestroyed"),
        ForbidChanges("link_voucherredeemed"),
    ]
