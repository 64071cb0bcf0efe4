"""The application connects as a role that owns nothing; `migrate` makes it and lets it in."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from psycopg import sql

from tutorai import apps, rights
from tutorai.ids import new_id


@pytest.fixture
def owner() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
        yield link


def test_a_new_role_reads_and_writes_rows_and_adds_to_the_audit_log(
    owner: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    name = f"role_{new_id().hex}"
    rights.make_role(owner, name, "first")
    rights.make_role(owner, name, "second")  # there is one: it stays as it is
    rights.grant(owner, name)

    where = owner.info
    with psycopg.connect(
        host=where.host, port=where.port, dbname=where.dbname, user=name, password="first"
    ) as link:
        link.execute("DELETE FROM lmsdm_institution WHERE false")
        link.execute("SELECT audit_ahead(0)")
        held = link.execute(
            "SELECT right_, has_table_privilege('audit_logs', right_) "
            "FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_"
        ).fetchall()
    assert [right for right, has in held if has] == ["SELECT", "INSERT"]

    owner.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


def test_a_role_without_a_password_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "somebody_new")
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "")

    with pytest.raises(CommandError, match="cannot let somebody_new in: its password is missing"):
        call_command("migrate", verbosity=0)


def test_what_only_looks_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "somebody_new")

    call_command("migrate", plan=True)

    assert "No planned migration operations" in capsys.readouterr().out


def test_a_server_whose_application_owns_its_tables_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert apps.audit_log_is_protected(None) == []
    monkeypatch.setattr(settings, "DEVELOPMENT", False)
    assert apps.audit_log_is_protected(None) == []

    monkeypatch.delitem(settings.DATABASES, "owner")

    assert [found.id for found in apps.audit_log_is_protected(None)] == ["tutorai.W006"]
