from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campus', '0002_gateway_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='building',
            name='groups',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
