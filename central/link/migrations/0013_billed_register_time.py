# Written by hand after `makemigrations`: what is known of the registers' times is carried over.

from django.db import migrations, models


def carry_over(apps, schema_editor):
    register, entry = apps.get_model('link', 'BilledRegister'), apps.get_model('link', 'GatewayEntry')
    trusted = entry.objects.filter(pk=models.OuterRef('entry'), at_trusted=True, provisional=False)
    register.objects.filter(models.Exists(trusted)).update(at_trusted=True)


class Migration(migrations.Migration):

    dependencies = [
        ('link', '0012_registry_copy'),
    ]

    operations = [
        migrations.AddField(
            model_name='billedregister',
            name='at_trusted',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
