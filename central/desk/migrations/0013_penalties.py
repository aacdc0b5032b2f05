"""Penalties for stolen power: owed, changed by appeals, paid back; their own head in the day tables (R-4.2.4)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0012_subsidy'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PenaltyChange',
            fields=[
                ('approval', models.BigIntegerField(primary_key=True, serialize=False)),
                ('energy_wh', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('back_fen', models.BigIntegerField()),
                ('why', models.CharField(max_length=300)),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='dayclose',
            name='penalty',
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='DebtPenalty',
            fields=[
                ('approval', models.BigIntegerField(primary_key=True, serialize=False)),
                ('case', models.BigIntegerField(unique=True)),
                ('names', models.CharField(max_length=200)),
                ('energy_wh', models.BigIntegerField()),
                ('micro_yuan_per_kwh', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='penalties', to='campus.account')),
            ],
        ),
        migrations.AddField(
            model_name='debtpayment',
            name='penalty',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='desk.debtpenalty'),
        ),
        migrations.AddField(
            model_name='debtwriteoff',
            name='penalty',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='write_offs', to='desk.debtpenalty'),
        ),
        migrations.CreateModel(
            name='PenaltyPaidBack',
            fields=[
                ('change', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='paid_back', serialize=False, to='desk.penaltychange')),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='penaltychange',
            name='penalty',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='change', to='desk.debtpenalty'),
        ),
        migrations.AddConstraint(
            model_name='debtpenalty',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='penalty_above_zero'),
        ),
        migrations.AddField(
            model_name='penaltypaidback',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='penaltychange',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', 0), ('back_fen__gte', 0), ('energy_wh__gte', 0)), name='penalty_change_not_below_zero'),
        ),
        # Also for those that stood before: a new column may rebuild a table on SQLite, and its triggers are gone.
        ForbidChanges("desk_dayclose"),
        ForbidChanges("desk_debtpayment"),
        ForbidChanges("desk_debtwriteoff"),
        ForbidChanges("desk_debtpenalty"),
        ForbidChanges("desk_penaltychange"),
        ForbidChanges("desk_penaltypaidback"),
    ]
