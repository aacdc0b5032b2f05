"""Appeals against penalties for stolen power, and their ends (R-4.2.4)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from central.ledger.immutability import ForbidChanges


class Migration(migrations.Migration):

    dependencies = [
        ('losses', '0002_balances'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TheftAppeal',
            fields=[
                ('appeal_id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('who', models.CharField(max_length=80)),
                ('text', models.CharField(max_length=1000)),
                ('photos', models.JSONField(default=list)),
                ('at_ms', models.BigIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='losses.case')),
            ],
        ),
        migrations.CreateModel(
            name='TheftAppealEnd',
            fields=[
                ('appeal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='losses.theftappeal')),
                ('approval', models.BigIntegerField(unique=True)),
                ('outcome', models.CharField(choices=[('upheld', 'penalty upheld'), ('reduced', 'penalty reduced'), ('annulled', 'penalty annulled')], max_length=8)),
                ('energy_wh', models.BigIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        ForbidChanges("losses_theftappeal"),
        ForbidChanges("losses_theftappealend"),
    ]
