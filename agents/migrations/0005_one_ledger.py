"""What was spent before stands in the tallies; the columns that held it go."""

from django.db import migrations

from tutorai.ids import new_id


def bring(apps, schema_editor):
    """Copy each month of each institution."""
    Spend, Tally = apps.get_model("agents", "Spend"), apps.get_model("agents", "Tally")
    owner = schema_editor.connection.alias
    rows = Spend.objects.using(owner).values_list("institution_id", "month", "settled")
    Tally.objects.using(owner).bulk_create(
        (
            Tally(id=new_id(), institution_id=school, month=month, key="", settled=settled)
            for school, month, settled in rows
        ),
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("agents", "0004_worked")]

    operations = [
        migrations.RunPython(bring, migrations.RunPython.noop),
        migrations.RemoveField("message", "reserved"),
        migrations.DeleteModel("Spend"),
    ]
