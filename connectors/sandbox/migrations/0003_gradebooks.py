from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0002_refresh_value_once")]

    operations = [
        migrations.AddField("world", "dialect", models.TextField(default="canvas")),
        migrations.AddField("lineitem", "coupled", models.BooleanField(default=False)),
        migrations.AddField("score", "overridden", models.BooleanField(default=False)),
        migrations.AddField("score", "locked", models.BooleanField(default=False)),
        migrations.AddField("score", "posts", models.IntegerField(default=0)),
        migrations.AlterField("score", "timestamp", models.DateTimeField(null=True)),
        migrations.AlterField("score", "activity_progress", models.TextField(default="")),
        migrations.AlterField("score", "grading_progress", models.TextField(default="")),
        migrations.AlterField(
            "score", "given", models.DecimalField(max_digits=12, decimal_places=5, null=True)
        ),
        migrations.AlterField(
            "score", "maximum", models.DecimalField(max_digits=12, decimal_places=5, null=True)
        ),
        migrations.AlterField(
            "lineitem", "maximum", models.DecimalField(max_digits=12, decimal_places=5)
        ),
        migrations.AddField("submission", "comments", models.JSONField(default=list)),
        migrations.AddField("submission", "graded_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "submission",
            "grader",
            models.ForeignKey(
                null=True, on_delete=models.SET_NULL, related_name="+", to="sandbox.person"
            ),
        ),
        migrations.AddField("submission", "posts", models.IntegerField(default=0)),
    ]
