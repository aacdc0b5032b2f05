"""Who may speak on the link: enrolment codes, certificates, signing keys, the broker's files."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0004_shared_balance'),
        ('link', '0010_stock_vouchers'),
    ]

    operations = [
        migrations.CreateModel(
            name='BrokerFiles',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.CharField(max_length=500)),
                ('hosts', models.JSONField(default=list)),
                ('port', models.PositiveIntegerField()),
                ('store', models.CharField(max_length=500)),
                ('written_ms', models.BigIntegerField()),
                ('crl_number', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('public_key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('next', 'prepared'), ('active', 'signs'), ('former', 'still believed'), ('retired', 'believed by nobody')], max_length=16)),
                ('since_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='gateway',
            name='central_keys',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='gateway',
            name='revoked_ms',
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='EnrolmentCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway_id', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=4, unique=True)),
                ('sealed', models.TextField()),
                ('opened_by', models.CharField(blank=True, max_length=150)),
                ('opened_ms', models.BigIntegerField(default=0)),
                ('open_until_ms', models.BigIntegerField(default=0)),
                ('used_key', models.CharField(blank=True, max_length=64)),
                ('used_ms', models.BigIntegerField(null=True)),
                ('waiting_key', models.CharField(blank=True, max_length=64)),
                ('waiting_ms', models.BigIntegerField(null=True)),
                ('approved_key', models.CharField(blank=True, max_length=64)),
                ('building', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='enrolment_code', to='campus.building')),
            ],
        ),
        migrations.CreateModel(
            name='EnrolmentTry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=64)),
                ('outcome', models.CharField(max_length=32)),
                ('at_ms', models.BigIntegerField(db_index=True)),
            ],
            options={
                'indexes': [models.Index(fields=['address', 'at_ms'], name='link_enrolm_address_20a31b_idx')],
            },
        ),
        migrations.CreateModel(
            name='GatewayCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('serial', models.CharField(max_length=40, unique=True)),
                ('key_digest', models.CharField(db_index=True, max_length=64)),
                ('gateway_key', models.CharField(db_index=True, max_length=64)),
                ('pem', models.TextField()),
                ('issued_ms', models.BigIntegerField()),
                ('expires_ms', models.BigIntegerField()),
                ('revoked_ms', models.BigIntegerField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='link.gateway')),
            ],
        ),
    ]
