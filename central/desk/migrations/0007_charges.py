"""Charges beside electricity, other methods than cash, void receipts in the shift that made them so."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0006_shifts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChargeLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('kind', models.CharField(max_length=16)),
                ('code', models.CharField(max_length=32)),
                ('name', models.CharField(max_length=80)),
                ('unit', models.CharField(max_length=8)),
                ('price_fen', models.BigIntegerField()),
                ('quantity_milli', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='dayclose',
            name='voids',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='payment',
            name='method_reference',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='payment',
            name='purpose',
            field=models.CharField(choices=[('energy', 'electricity'), ('charges', 'charges'), ('debt', 'debt for electricity')], default='energy', max_length=16),
        ),
        migrations.AddField(
            model_name='payment',
            name='sale',
            field=models.CharField(blank=True, db_index=True, max_length=64),
        ),
        migrations.AddField(
            model_name='payment',
            name='tendered_fen',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='receiptvoid',
            name='shift',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='voids', to='desk.shift'),
        ),
        migrations.AlterField(
            model_name='payment',
            name='bucket',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AlterField(
            model_name='payment',
            name='grant',
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='payment',
            name='method',
            field=models.CharField(choices=[('cash', 'cash'), ('card', 'payment card'), ('transfer', 'bank transfer')], default='cash', max_length=16),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grant__isnull', False), ('purpose', 'energy')), models.Q(models.Q(('purpose', 'energy'), _negated=True), ('grant__isnull', True)), _connector='OR'), name='only_energy_has_a_grant'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('method', 'cash'), models.Q(('method_reference', ''), _negated=True), _connector='OR'), name='a_reference_unless_cash'),
        ),
        migrations.AddField(
            model_name='chargeline',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='desk.payment'),
        ),
        migrations.AddConstraint(
            model_name='chargeline',
            constraint=models.UniqueConstraint(fields=('payment', 'number'), name='one_line_per_number'),
        ),
        migrations.AddConstraint(
            model_name='chargeline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='charge_above_zero'),
        ),
        # Also for those that stood before: a new column may rebuild a table on SQLite, and its triggers are gone.
        ForbidChanges("desk_payment"),
        ForbidChanges("desk_chargeline"),
        ForbidChanges("desk_receiptvoid"),
        ForbidChanges("desk_dayclose"),
    ]
