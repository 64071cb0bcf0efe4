from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="accesstoken",
            name="refresh_value",
            field=models.TextField(default=""),
        ),
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("refresh_value", ""), _negated=True),
                fields=("refresh_value",),
                name="refresh_value_once",
            ),
        ),
    ]
