"""Servers of our own: shared, gone with their owner, refused where they do not belong."""

import os
import signal
import subprocess
import sys
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
    """Whether the server stops answering within ten seconds."""
    end = time.monotonic() + 10
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


def test_the_vector_self_test_passes_here_and_says_so_where_it_cannot() -> None:
    embedded.check_vectors(os.environ["DATABASE_URL"])

    with pytest.raises(embedded.CannotStart, match="cannot run the bundled pgvector"):
        embedded.check_vectors(f"postgresql://127.0.0.1:{embedded.free_port()}/none")


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


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(embedded.CannotStart, match="cannot be used: Not a directory"):
        embedded.Valkey(tmp_path / "file" / "below").start()
