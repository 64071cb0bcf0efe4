import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import connectors.sandbox.rows

CASCADE = django.db.models.deletion.CASCADE
ID = ("id", models.BigIntegerField(default=connectors.sandbox.rows.next_id, primary_key=True, serialize=False))


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0003_gradebooks")]

    operations = [
        migrations.AddField("person", "sis_id", models.TextField(default="")),
        migrations.AddField("person", "admin", models.BooleanField(default=False)),
        migrations.AddField("course", "sis_id", models.TextField(default="")),
        migrations.AddField("course", "history", models.JSONField(default=list)),
        migrations.AlterField(
            "tool", "world", models.ForeignKey(on_delete=CASCADE, to="sandbox.world")
        ),
        migrations.AlterField("tool", "client_id", models.TextField()),
        migrations.AlterUniqueTogether("tool", {("world", "client_id")}),
        migrations.AddField("tool", "state", models.TextField(default="active")),
        migrations.AddField("tool", "login_uri", models.TextField(default="")),
        migrations.AddField("tool", "redirect_uris", models.JSONField(default=list)),
        migrations.AddField("tool", "jwks_uri", models.TextField(default="")),
        migrations.AddField("tool", "target_uri", models.TextField(default="")),
        migrations.AddField("tool", "custom", models.JSONField(null=True)),
        migrations.AddField("tool", "scopes", models.JSONField(null=True)),
        migrations.AddField("tool", "privacy", models.TextField(default="public")),
        migrations.AddField("tool", "placements", models.JSONField(null=True)),
        migrations.AddField("tool", "told", models.JSONField(default=dict)),
        migrations.AlterField("deployment", "deployment_id", models.TextField()),
        migrations.AddField("deployment", "name", models.TextField(default="")),
        migrations.AddField(
            "deployment",
            "course",
            models.ForeignKey(null=True, on_delete=CASCADE, to="sandbox.course"),
        ),
        migrations.AddField("deployment", "approved", models.BooleanField(default=True)),
        migrations.AlterUniqueTogether("deployment", {("tool", "deployment_id")}),
        migrations.AddField("lineitem", "told", models.JSONField(default=dict)),
        migrations.AddField("score", "told", models.JSONField(default=dict)),
        migrations.CreateModel(
            "Registering",
            [
                ID,
                ("value", models.TextField(default=connectors.sandbox.rows.new_secret, unique=True)),
                ("url", models.TextField()),
                ("claims", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("used_at", models.DateTimeField(null=True)),
                ("world", models.ForeignKey(on_delete=CASCADE, to="sandbox.world")),
                (
                    "tool",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sandbox.tool",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            "PlacedLink",
            [
                ID,
                ("uuid", models.TextField(default=connectors.sandbox.rows.new_uuid)),
                ("title", models.TextField(default="")),
                ("text", models.TextField(default="")),
                ("url", models.TextField(default="")),
                ("custom", models.JSONField(default=dict)),
                ("placement", models.TextField(default="")),
                ("told", models.JSONField(default=dict)),
                ("history", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("course", models.ForeignKey(on_delete=CASCADE, to="sandbox.course")),
                ("deployment", models.ForeignKey(on_delete=CASCADE, to="sandbox.deployment")),
                (
                    "line_item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sandbox.lineitem",
                    ),
                ),
            ],
            options={"unique_together": {("deployment", "uuid")}},
        ),
        migrations.CreateModel(
            "NoticeHandler",
            [
                ID,
                ("kind", models.TextField()),
                ("url", models.TextField()),
                ("last", models.JSONField(default=dict)),
                ("deployment", models.ForeignKey(on_delete=CASCADE, to="sandbox.deployment")),
            ],
            options={"unique_together": {("deployment", "kind")}},
        ),
        migrations.AddField(
            "launch",
            "link",
            models.ForeignKey(null=True, on_delete=CASCADE, to="sandbox.placedlink"),
        ),
        migrations.AddField("launch", "message", models.TextField(default="LtiResourceLinkRequest")),
        migrations.AddField("launch", "used_at", models.DateTimeField(null=True)),
    ]
