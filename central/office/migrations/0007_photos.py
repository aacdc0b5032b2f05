"""Photographs are evidence of more than losses: the model moves here, its table stays where it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0006_price_and_repair_lists'),
        ('losses', '0007_abnormal'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Photo',
                    fields=[
                        ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('kind', models.CharField(max_length=16)),
                        ('size_bytes', models.PositiveIntegerField()),
                        ('width', models.PositiveIntegerField()),
                        ('height', models.PositiveIntegerField()),
                        ('received_ms', models.BigIntegerField()),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'db_table': 'losses_photo',
                        'abstract': False,
                    },
                ),
            ],
        ),
    ]
