"""Which session is whose, so that a person sees his own and ends them; and until when a first password is taken."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("office", "0008_photos_of_residents")]

    operations = [
        migrations.AddField(
            model_name="user", name="first_password_until_ms", field=models.BigIntegerField(null=True)
        ),
        migrations.CreateModel(
            name="SignedIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("began_ms", models.BigIntegerField()),
                ("address", models.CharField(max_length=64)),
                ("browser", models.CharField(max_length=60)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="signed_in", to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
