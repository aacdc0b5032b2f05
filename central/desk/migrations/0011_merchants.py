"""Merchants: payment cards, other systems' lists, monthly bills (R-4.2.1)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0010_departures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnMap',
            fields=[
                ('kind', models.CharField(choices=[('card-system', 'card-system'), ('card-meters', 'card-meters')], max_length=16, primary_key=True, serialize=False)),
                ('headers', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='PaymentCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(db_index=True, max_length=40)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('from_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payment_cards', to='campus.account')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CardPayOver',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('bank_reference', models.CharField(max_length=80, unique=True)),
                ('amount_fen', models.BigIntegerField()),
                ('fee_fen', models.BigIntegerField(default=0)),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='CardPaidOver',
            fields=[
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='paid_over', serialize=False, to='desk.payment')),
                ('pay_over', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='desk.cardpayover')),
            ],
        ),
        migrations.CreateModel(
            name='ImportedList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('card-system', 'card-system'), ('card-meters', 'card-meters')], max_length=16)),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('rows', models.PositiveIntegerField()),
                ('known', models.PositiveIntegerField(default=0)),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CardTransaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=80, unique=True)),
                ('reference', models.CharField(db_index=True, max_length=80)),
                ('card', models.CharField(blank=True, max_length=80)),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField(db_index=True)),
                ('list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='desk.importedlist')),
            ],
        ),
        migrations.CreateModel(
            name='CardMeterSale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=80, unique=True)),
                ('card', models.CharField(blank=True, max_length=80)),
                ('amount_fen', models.BigIntegerField()),
                ('energy_wh', models.BigIntegerField(null=True)),
                ('register_wh', models.BigIntegerField(null=True)),
                ('at_ms', models.BigIntegerField(db_index=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_meter_sales', to='campus.account')),
                ('list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sales', to='desk.importedlist')),
            ],
        ),
        migrations.CreateModel(
            name='MonthlyBill',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('period', models.CharField(max_length=24)),
                ('room', models.CharField(max_length=64)),
                ('occupants', models.CharField(blank=True, max_length=200)),
                ('class_name', models.CharField(max_length=80)),
                ('unit', models.CharField(max_length=8)),
                ('from_ms', models.BigIntegerField()),
                ('until_ms', models.BigIntegerField()),
                ('energy_wh', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('due_day', models.DateField()),
                ('approval', models.BigIntegerField()),
                ('signed_by', models.CharField(max_length=400)),
                ('issued_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='monthly_bills', to='campus.account')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('amount_fen', models.BigIntegerField()),
                ('energy_wh', models.BigIntegerField(default=0)),
                ('why', models.CharField(max_length=300)),
                ('approval', models.BigIntegerField(unique=True)),
                ('signed_by', models.CharField(max_length=400)),
                ('at_ms', models.BigIntegerField()),
                ('bill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='desk.monthlybill')),
            ],
        ),
        migrations.CreateModel(
            name='BillPayment',
            fields=[
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='bill_payment', serialize=False, to='desk.payment')),
                ('bill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='desk.monthlybill')),
            ],
        ),
        migrations.CreateModel(
            name='BillMeter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('meter', models.CharField(max_length=64)),
                ('from_ms', models.BigIntegerField()),
                ('first_wh', models.BigIntegerField()),
                ('first_source', models.CharField(max_length=16)),
                ('until_ms', models.BigIntegerField()),
                ('last_wh', models.BigIntegerField()),
                ('last_source', models.CharField(max_length=16)),
                ('bill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meters', to='desk.monthlybill')),
            ],
            options={
                'ordering': ['bill_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='BillLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('micro_yuan_per_kwh', models.BigIntegerField()),
                ('energy_wh', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('bill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='desk.monthlybill')),
            ],
            options={
                'ordering': ['bill_id', 'place'],
            },
        ),
        migrations.CreateModel(
            name='PaymentCardEnd',
            fields=[
                ('card', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='desk.paymentcard')),
                ('why', models.CharField(choices=[('lost', 'lost'), ('replaced', 'replaced by another card'), ('returned', 'card given back')], max_length=16)),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name='cardpayover',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', 0), ('fee_fen__gte', 0)), name='pay_over_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='importedlist',
            constraint=models.UniqueConstraint(fields=('kind', 'digest'), name='one_import_per_file'),
        ),
        migrations.AddConstraint(
            model_name='monthlybill',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='bill_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='monthlybill',
            constraint=models.CheckConstraint(condition=models.Q(('until_ms__gt', models.F('from_ms'))), name='bill_span'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='credit_note_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='billmeter',
            constraint=models.UniqueConstraint(fields=('bill', 'place'), name='one_bill_meter_per_place'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.UniqueConstraint(fields=('bill', 'place'), name='one_bill_line_per_place'),
        ),
        migrations.AddField(
            model_name='paymentcardend',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        ForbidChanges("desk_paymentcard"),
        ForbidChanges("desk_paymentcardend"),
        ForbidChanges("desk_importedlist"),
        ForbidChanges("desk_cardtransaction"),
        ForbidChanges("desk_cardmetersale"),
        ForbidChanges("desk_cardpayover"),
        ForbidChanges("desk_cardpaidover"),
        ForbidChanges("desk_monthlybill"),
        ForbidChanges("desk_billmeter"),
        ForbidChanges("desk_billline"),
        ForbidChanges("desk_creditnote"),
        ForbidChanges("desk_billpayment"),
    ]
