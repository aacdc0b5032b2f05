"""Shifts, roster, closed days and batches; payments and receipts say in which shift they were taken."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('desk', '0002_forbid_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CashDifference',
            fields=[
                ('id', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('where', models.CharField(choices=[('opening', 'float at the opening'), ('ending', 'count at the end'), ('hand-in', 'hand-in to finance')], max_length=16)),
                ('day', models.DateField(db_index=True)),
                ('amount_fen', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('at_ms', models.BigIntegerField()),
                ('needs_approval', models.BooleanField()),
                ('named_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HandIn',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('made_ms', models.BigIntegerField()),
                ('first_receipt', models.BigIntegerField(null=True)),
                ('last_receipt', models.BigIntegerField(null=True)),
                ('receipts', models.IntegerField()),
                ('void_pages', models.CharField(blank=True, max_length=400)),
                ('bank_slip', models.CharField(blank=True, max_length=80)),
                ('expected_fen', models.BigIntegerField()),
                ('cash_fen', models.BigIntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('handed_in_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RosterChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(db_index=True)),
                ('people', models.JSONField()),
                ('reason', models.CharField(max_length=200)),
                ('made_by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RosterRotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('term', 'term'), ('break', 'break'), ('enrolment', 'enrolment')], max_length=16)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('crews', models.JSONField()),
                ('turn_days', models.IntegerField(default=1)),
                ('made_by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('drawer', models.CharField(max_length=40)),
                ('day', models.DateField(db_index=True)),
                ('opened_ms', models.BigIntegerField()),
                ('float_fen', models.BigIntegerField()),
                ('pieces', models.JSONField(blank=True, default=dict)),
                ('float_change_fen', models.BigIntegerField(default=0)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('outside_hours', models.BooleanField(default=False)),
                ('off_roster', models.BooleanField(default=False)),
                ('cashier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to=settings.AUTH_USER_MODEL)),
                ('follows', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='handed_over_to', to='desk.shift')),
                ('stands_in_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shifts_stood_in', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='DifferenceApproved',
            fields=[
                ('difference', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='approved', serialize=False, to='desk.cashdifference')),
                ('approval', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DayClose',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('day', models.DateField(unique=True)),
                ('closed_ms', models.BigIntegerField()),
                ('shifts', models.IntegerField()),
                ('receipts', models.IntegerField()),
                ('first_receipt', models.BigIntegerField(null=True)),
                ('last_receipt', models.BigIntegerField(null=True)),
                ('dormitory', models.BigIntegerField()),
                ('merchant', models.BigIntegerField()),
                ('staff', models.BigIntegerField()),
                ('repair', models.BigIntegerField()),
                ('on_behalf', models.BigIntegerField()),
                ('card', models.BigIntegerField()),
                ('paid_out', models.BigIntegerField()),
                ('difference', models.BigIntegerField()),
                ('moved_fen', models.BigIntegerField()),
                ('float_change_fen', models.BigIntegerField()),
                ('closed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HandInDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day_close', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hand_ins', to='desk.dayclose')),
                ('hand_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='desk.handin')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Drawer',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('left_fen', models.BigIntegerField(default=0)),
                ('open_shift', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='open_at', to='desk.shift')),
            ],
        ),
        migrations.CreateModel(
            name='CashOut',
            fields=[
                ('request_id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cash_outs', to='campus.account')),
                ('cashier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cash_outs', to=settings.AUTH_USER_MODEL)),
                ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cash_outs', to='desk.shift')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='cashdifference',
            name='shift',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='desk.shift'),
        ),
        migrations.AddField(
            model_name='payment',
            name='shift',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='desk.shift'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='shift',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts_issued', to='desk.shift'),
        ),
        migrations.CreateModel(
            name='HandInEnd',
            fields=[
                ('hand_in', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='desk.handin')),
                ('received', models.BooleanField()),
                ('at_ms', models.BigIntegerField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ShiftEnd',
            fields=[
                ('shift', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='desk.shift')),
                ('ended_ms', models.BigIntegerField()),
                ('pieces', models.JSONField()),
                ('counted_fen', models.BigIntegerField()),
                ('taken_fen', models.BigIntegerField()),
                ('paid_out_fen', models.BigIntegerField()),
                ('expected_fen', models.BigIntegerField()),
                ('left_fen', models.BigIntegerField()),
                ('receipts', models.IntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('ended_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.CheckConstraint(condition=models.Q(('float_fen__gte', 0)), name='shift_float_not_below_zero'),
        ),
        # Also for the two that stood before: a new column may rebuild a table on SQLite, and its triggers are gone.
        ForbidChanges("desk_payment"),
        ForbidChanges("desk_receipt"),
        ForbidChanges("desk_shift"),
        ForbidChanges("desk_shiftend"),
        ForbidChanges("desk_cashout"),
        ForbidChanges("desk_cashdifference"),
        ForbidChanges("desk_differenceapproved"),
        ForbidChanges("desk_rosterrotation"),
        ForbidChanges("desk_rosterchange"),
        ForbidChanges("desk_dayclose"),
        ForbidChanges("desk_handin"),
        ForbidChanges("desk_handinday"),
        ForbidChanges("desk_handinend"),
    ]
