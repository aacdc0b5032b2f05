"""Refunds, departures, graduation runs; debts, their shares and write-offs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0009_correction'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DebtShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=80)),
                ('amount_fen', models.BigIntegerField()),
            ],
            options={
                'ordering': ['split', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Departure',
            fields=[
                ('case_id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('refund', 'refund'), ('departure', 'departure'), ('room-change', 'room change')], max_length=16)),
                ('unit', models.CharField(max_length=8)),
                ('asked', models.BigIntegerField(default=0)),
                ('balance', models.BigIntegerField(default=0)),
                ('pay_by', models.CharField(choices=[('cash', 'in cash at the desk'), ('bank', 'by finance to a bank account'), ('credit', 'as credit of the new room')], max_length=8)),
                ('asked_for', models.CharField(blank=True, max_length=80)),
                ('bank_account', models.CharField(blank=True, max_length=120)),
                ('parts_returned', models.BooleanField(default=False)),
                ('parts', models.CharField(blank=True, max_length=200)),
                ('why', models.CharField(max_length=200)),
                ('asked_ms', models.BigIntegerField(db_index=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='departures', to='campus.account')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('to_account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='campus.account')),
            ],
        ),
        migrations.CreateModel(
            name='DebtPayment',
            fields=[
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='debt', serialize=False, to='desk.payment')),
                ('share', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='desk.debtshare')),
            ],
        ),
        migrations.CreateModel(
            name='DebtSplit',
            fields=[
                ('split_id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('total_fen', models.BigIntegerField()),
                ('why', models.CharField(max_length=200)),
                ('at_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='debt_splits', to='campus.account')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='debtshare',
            name='split',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='desk.debtsplit'),
        ),
        migrations.CreateModel(
            name='DebtWriteOff',
            fields=[
                ('approval', models.BigIntegerField(primary_key=True, serialize=False)),
                ('amount_fen', models.BigIntegerField()),
                ('why', models.CharField(max_length=300)),
                ('at_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='write_offs', to='campus.account')),
                ('share', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='write_offs', to='desk.debtshare')),
            ],
        ),
        migrations.CreateModel(
            name='DeparturePaid',
            fields=[
                ('departure', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='paid', serialize=False, to='desk.departure')),
                ('method', models.CharField(choices=[('cash', 'in cash at the desk'), ('bank', 'by finance to a bank account'), ('credit', 'as credit of the new room')], max_length=8)),
                ('amount_fen', models.BigIntegerField(default=0)),
                ('moved', models.BigIntegerField(default=0)),
                ('bank_reference', models.CharField(blank=True, max_length=80)),
                ('k3_voucher', models.CharField(blank=True, max_length=80)),
                ('at_ms', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='DepartureRun',
            fields=[
                ('run_id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120)),
                ('pay_by', models.CharField(choices=[('cash', 'in cash at the desk'), ('bank', 'by finance to a bank account'), ('credit', 'as credit of the new room')], max_length=8)),
                ('why', models.CharField(max_length=200)),
                ('asked_ms', models.BigIntegerField(db_index=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='departure',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='desk.departurerun'),
        ),
        migrations.CreateModel(
            name='PayOutPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('copy', models.PositiveIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('departure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prints', to='desk.departure')),
            ],
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('request_id', models.CharField(max_length=64, unique=True)),
                ('at_ms', models.BigIntegerField()),
                ('departure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='desk.departure')),
            ],
            options={
                'ordering': ['departure', 'number'],
            },
        ),
        migrations.AddConstraint(
            model_name='debtshare',
            constraint=models.UniqueConstraint(fields=('split', 'number'), name='one_share_per_number'),
        ),
        migrations.AddConstraint(
            model_name='debtshare',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='share_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='debtwriteoff',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='write_off_above_zero'),
        ),
        migrations.AddField(
            model_name='departurepaid',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='departure',
            constraint=models.UniqueConstraint(fields=('run', 'account'), name='one_case_per_room_of_a_run'),
        ),
        migrations.AddConstraint(
            model_name='departure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked__gt', 0), ('kind', 'refund')), models.Q(models.Q(('kind', 'refund'), _negated=True), ('asked', 0)), _connector='OR'), name='a_refund_has_a_sum'),
        ),
        migrations.AddConstraint(
            model_name='departure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'room-change'), ('pay_by', 'credit'), ('to_account__isnull', False)), models.Q(models.Q(('kind', 'room-change'), _negated=True), models.Q(('pay_by', 'credit'), _negated=True), ('to_account__isnull', True)), _connector='OR'), name='only_a_room_change_has_a_target'),
        ),
        migrations.AddConstraint(
            model_name='payoutprint',
            constraint=models.UniqueConstraint(fields=('departure', 'copy'), name='one_pay_out_print_per_number'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.UniqueConstraint(fields=('departure', 'number'), name='one_withdrawal_per_number'),
        ),
        migrations.AddConstraint(
            model_name='departurepaid',
            constraint=models.UniqueConstraint(condition=models.Q(('bank_reference', ''), _negated=True), fields=('bank_reference',), name='a_bank_reference_pays_once'),
        ),
        ForbidChanges("desk_departurerun"),
        ForbidChanges("desk_departure"),
        ForbidChanges("desk_withdrawal"),
        ForbidChanges("desk_departurepaid"),
        ForbidChanges("desk_payoutprint"),
        ForbidChanges("desk_debtsplit"),
        ForbidChanges("desk_debtshare"),
        ForbidChanges("desk_debtpayment"),
        ForbidChanges("desk_debtwriteoff"),
    ]
