from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lmsdm', '0005_restrictions'),
    ]

    operations = [
        migrations.AddField(
            model_name='contentitem',
            name='told',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
