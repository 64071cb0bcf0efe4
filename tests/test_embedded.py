"""Servers of our own: shared, gone with their owner, refused where they do not belong."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tutorai import embedded

OWNER = """
import sys, time
from pathlib import Path
from tutorai import embedded
folder = Path(sys.argv[1])
for kind in (embedded.Postgres, embedded.Valkey):
    print(kind(folder / kind.name, fast=True).start(), flush=True)
time.sleep(600)
"""


def gone(server: embedded.Server) -> bool:
    """Whether the server stops answering within a minute."""
    end = time.monotonic() + 60
    while server.running() and time.monotonic() < end:
        time.sleep(0.05)
    return server.running() is None


def test_a_second_owner_shares_what_runs_and_the_first_one_stops_it(tmp_path: Path) -> None:
    first, second = embedded.Postgres(tmp_path, fast=True), embedded.Postgres(tmp_path)

    url = first.start()

    assert second.start() == url
    second.stop()
    assert first.running() == url
    first.stop()
    assert gone(second)


def test_an_owner_killed_outright_leaves_no_server(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    urls = [owner.stdout.readline().strip() for _ in range(2)]
    servers = [embedded.Postgres(tmp_path / "Postgres"), embedded.Valkey(tmp_path / "Valkey")]
    assert [server.running() for server in servers] == urls

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    assert all(gone(server) for server in servers)


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    server = embedded.Postgres(tmp_path)
    url = embedded.with_database(server.start(), "kept")
    server.stop()

    again = embedded.Postgres(tmp_path)
    with psycopg.connect(again.start().rpartition("/")[0] + "/kept") as link:
        assert link.execute("select current_database()").fetchone() == ("kept",)
    again.stop()
    assert url.endswith("/kept")


def test_the_vector_self_test_passes_here() -> None:
    embedded.check_vectors(os.environ["DATABASE_OWNER_URL"])


def test_a_server_that_dies_of_the_vector_self_test_is_told_of_its_cpu(tmp_path: Path) -> None:
    server = embedded.Postgres(tmp_path, fast=True)
    url = server.start()
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(
            "CREATE FUNCTION die() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$BEGIN COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'; END$$"
        )
        link.execute("CREATE EVENT TRIGGER dies ON ddl_command_end EXECUTE FUNCTION die()")

    with pytest.raises(embedded.CannotStart, match="cannot run the bundled pgvector"):
        embedded.check_vectors(url)

    server.stop()


def test_a_server_that_says_what_is_wrong_is_believed(tmp_path: Path) -> None:
    server = embedded.Postgres(tmp_path, fast=True)
    url = server.start()
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(
            "CREATE FUNCTION full_() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END$$"
        )
        link.execute("CREATE EVENT TRIGGER full_ ON ddl_command_end EXECUTE FUNCTION full_()")

    with pytest.raises(psycopg.errors.DiskFull, match="no space left"):
        embedded.check_vectors(url)

    server.stop()


def test_outside_development_no_server_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DEVELOPMENT", "0")

    with pytest.raises(embedded.CannotStart, match="set DATABASE_URL"):
        embedded.start(tmp_path)


def test_a_server_that_cannot_start_says_why_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUTOR_REDIS_BIN", "/bin/false")

    with pytest.raises(embedded.CannotStart, match="Valkey does not start: it says nothing"):
        embedded.Valkey(tmp_path).start()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "it says nothing"),
        ("echo initdb: could not write: no space; echo removing the folder", "no space$"),
        ("echo one; echo two", "two$"),
    ],
)
def test_a_folder_that_cannot_be_made_is_told_with_its_cause(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, words: str
) -> None:
    initdb = tmp_path / "initdb"
    initdb.write_text(f"#!/bin/sh\n({script}) >&2; exit 1\n")
    initdb.chmod(0o755)
    monkeypatch.setenv("TUTOR_PG_BIN", str(tmp_path))

    with pytest.raises(embedded.CannotStart, match=f"Postgres cannot make its folder: .*{words}"):
        embedded.Postgres(tmp_path / "data").start()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(embedded.CannotStart, match="no_such_package is not installed; set X"):
        embedded._package("no_such_package", "X")


def test_what_is_named_in_the_environment_is_used_and_nothing_started(tmp_path: Path) -> None:
    assert embedded.start(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_both_servers_start_where_none_is_named_and_all_can_reach_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_OWNER_URL", "")
    monkeypatch.setenv("REDIS_URL", "")

    servers = embedded.start(tmp_path, fast=True)

    try:
        with psycopg.connect(os.environ["DATABASE_URL"]) as link:
            assert link.execute("select current_user").fetchone() == ("tutor_app",)
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as link:
            assert link.execute("select current_user").fetchone() == ("tutor",)
        assert os.environ["REDIS_URL"].startswith("redis://")
    finally:
        embedded.stop(servers)
    assert all(gone(server) for server in servers)


def test_what_was_started_is_stopped_when_the_next_one_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_OWNER_URL", "")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("TUTOR_REDIS_BIN", "/bin/false")

    with pytest.raises(embedded.CannotStart, match="Valkey does not start"):
        embedded.start(tmp_path, fast=True)

    assert gone(embedded.Postgres(tmp_path / "postgres"))


def test_a_server_that_does_not_heed_is_ended() -> None:
    server = embedded.Valkey(Path("nowhere"))
    server.process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, time; signal.signal(15, signal.SIG_IGN); "
            "print(flush=True); time.sleep(99)",
        ],
        stdout=subprocess.PIPE,
    )
    assert server.process.stdout is not None
    server.process.stdout.readline()

    server.stop(patience=0.2)

    assert server.process.returncode == -signal.SIGKILL
    server.process.stdout.close()
    server.stop()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(embedded.CannotStart, match="cannot be used: Not a directory"):
        embedded.Valkey(tmp_path / "file" / "below").start()


def test_a_disk_that_is_all_but_full_is_said_before_anything_is_written(tmp_path: Path) -> None:
    embedded.room(tmp_path / "not" / "there" / "yet")

    with pytest.raises(embedded.CannotStart, match="has less than 1099511627776 MB of free disk"):
        embedded.room(tmp_path, needed=2**60)


def test_a_server_that_says_nothing_of_its_port_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "endpoint").write_text("garbage")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postmaster.pid").write_text("1\n2\n")

    assert embedded.Valkey(tmp_path).running() is None
    assert embedded.Postgres(tmp_path).running() is None


@pytest.mark.parametrize("answer", [b"", b"-WRONGPASS\r\n-NOAUTH\r\n"])
def test_another_server_on_that_port_is_not_ours(tmp_path: Path, answer: bytes) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (tmp_path / "endpoint").write_text(f"{other.getsockname()[1]} password")

        def serve() -> None:
            link, _ = other.accept()
            link.recv(256)
            link.sendall(answer)
            link.close()

        thread = threading.Thread(target=serve)
        thread.start()
        assert embedded.Valkey(tmp_path).running() is None
        thread.join()


@pytest.mark.parametrize("kind", [embedded.Postgres, embedded.Valkey], ids=lambda kind: kind.name)
def test_a_server_that_is_started_again_answers_at_its_old_address(
    kind: type[embedded.Server], tmp_path: Path
) -> None:
    server = kind(tmp_path, fast=True)
    url = server.start()

    server.stop()
    assert gone(server)

    assert server.start() == url
    server.stop()
