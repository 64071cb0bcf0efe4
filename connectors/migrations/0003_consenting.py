import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0002_ways_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="binder_hash",
            field=models.CharField(blank=True, max_length=64),
        ),
        # Nothing ever filled this table before: no row lacks it.
        migrations.AddField(
            model_name="consent",
            name="institution",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="lmsdm.institution",
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="renewing_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
