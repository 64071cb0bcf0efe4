"""`audit_logs`: partitioned by month, and changed by nobody but its two functions.

Partitions are `audit_logs_2026_11` and so on, and `audit_logs_rest` for what no month holds. The
functions run as the owner of the table, whoever calls them; what they let go is decided by dates
and by the institutions' own `audit_months`, never by the caller.
"""

import django.utils.timezone
from django.db import migrations, models

import tutorai.ids

TABLE = """
CREATE TABLE public.audit_logs (
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    institution uuid,
    actor_kind varchar(7) NOT NULL,
    actor uuid,
    acted_by varchar(40) NOT NULL,
    verb varchar(40) NOT NULL,
    object_kind varchar(20) NOT NULL,
    object uuid,
    subject uuid,
    course uuid,
    PRIMARY KEY (id, created_at),
    CONSTRAINT audit_codes_only CHECK (verb ~ '^[a-z_.]*$' AND object_kind ~ '^[a-z_.]*$')
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_institution ON public.audit_logs (institution, created_at);
CREATE INDEX idx_audit_subject ON public.audit_logs (subject, created_at);
CREATE TABLE public.audit_logs_rest PARTITION OF public.audit_logs DEFAULT;
"""

# Months are UTC's. What already lies in the rest is moved first: with it there, Postgres would
# not attach the month.
MONTH = """
CREATE FUNCTION public.audit_month(first date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'audit_logs_' || to_char(first, 'YYYY_MM');
    low timestamptz := first::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE public.audit_logs_rest IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_logs INCLUDING ALL)', part);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.audit_logs_rest '
        'WHERE created_at >= $1 AND created_at < $2 RETURNING *) '
        'INSERT INTO public.%I SELECT * FROM moved', part) USING low, high;
    EXECUTE format(
        'ALTER TABLE public.audit_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        part, low, high);
END $$;
REVOKE ALL ON FUNCTION public.audit_month(date) FROM PUBLIC;
"""

AHEAD = """
CREATE FUNCTION public.audit_ahead(months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    this date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_logs'));
    FOR ahead IN 0..least(months, 24) LOOP
        PERFORM public.audit_month((this + make_interval(months => ahead))::date);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION public.audit_ahead(integer) FROM PUBLIC;
SELECT public.audit_ahead(3);
"""

# An event is kept for as many whole months as its institution says; what belongs to none, as
# long as the longest of them keeps. The month that runs is never touched.
RETIRE = """
CREATE FUNCTION public.audit_retire() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    this timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    school record;
    part record;
    longest integer;
    held boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_logs'));
    SELECT coalesce(max(audit_months), 24) INTO longest FROM public.lmsdm_institution;
    FOR school IN SELECT id, audit_months FROM public.lmsdm_institution LOOP
        DELETE FROM public.audit_logs
        WHERE institution = school.id
          AND created_at < (this - make_interval(months => school.audit_months)) AT TIME ZONE 'UTC';
    END LOOP;
    DELETE FROM public.audit_logs
    WHERE created_at < (this - make_interval(months => longest)) AT TIME ZONE 'UTC';
    FOR part IN
        SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'public.audit_logs'::regclass AND relname ~ '^audit_logs_\\d{4}_\\d{2}$'
          AND to_date(right(relname, 7), 'YYYY_MM') < this - make_interval(months => longest)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', part.relname) INTO held;
        IF NOT held THEN
            EXECUTE format('DROP TABLE public.%I', part.relname);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION public.audit_retire() FROM PUBLIC;
"""

GONE = """
DROP FUNCTION public.audit_retire();
DROP FUNCTION public.audit_ahead(integer);
DROP FUNCTION public.audit_month(date);
DROP TABLE public.audit_logs;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0003_ledger"),
        ("lmsdm", "0002_columns"),  # audit_months
    ]

    operations = [
        migrations.RunSQL(
            TABLE + MONTH + AHEAD + RETIRE,
            GONE,
            state_operations=[
                migrations.CreateModel(
                    name="AuditEvent",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "id",
                                "created_at",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("id", models.UUIDField(default=tutorai.ids.new_id, editable=False)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("institution", models.UUIDField(blank=True, null=True)),
                        (
                            "actor_kind",
                            models.CharField(
                                choices=[
                                    ("user", "User"),
                                    ("account", "Account"),
                                    ("system", "System"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("actor", models.UUIDField(blank=True, null=True)),
                        ("acted_by", models.CharField(blank=True, max_length=40)),
                        ("verb", models.CharField(max_length=40)),
                        ("object_kind", models.CharField(blank=True, max_length=20)),
                        ("object", models.UUIDField(blank=True, null=True)),
                        ("subject", models.UUIDField(blank=True, null=True)),
                        ("course", models.UUIDField(blank=True, null=True)),
                    ],
                    options={
                        "db_table": "audit_logs",
                        "indexes": [
                            models.Index(
                                fields=["institution", "created_at"], name="idx_audit_institution"
                            ),
                            models.Index(
                                fields=["subject", "created_at"], name="idx_audit_subject"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verb__regex", "^[a-z_.]*$"),
                                    ("object_kind__regex", "^[a-z_.]*$"),
                                ),
                                name="audit_codes_only",
                            )
                        ],
                    },
                )
            ],
        )
    ]
