"""`make run`: everything starts, says where to click, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.core.management import CommandError

from tutorai import bootstrap, embedded
from tutorai.management.commands import up

pytestmark = pytest.mark.long

HOME = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds; the machine may be busy
UP = [sys.executable, "manage.py", "up", "--attached"]
# What make is to `up`: a parent that may be killed outright.
PARENT = "import subprocess, sys; print('begun', flush=True); subprocess.run(sys.argv[1:])"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Ports and a folder of our own, on the tests' servers."""
    name = f"run_{os.getpid()}"
    return {
        **os.environ,
        "DATABASE_OWNER_URL": embedded.with_database(os.environ["TEST_SERVER"], name),
        "DATABASE_URL": embedded.beside(os.environ["DATABASE_URL"], name),
        "REDIS_PREFIX": f"run-{os.getpid()}",
        "DATA_DIR": str(tmp_path),
        "PORT": str(embedded.free_port()),
        "SANDBOX_PORT": str(embedded.free_port()),
    }


def said(environment: dict[str, str], *command: str) -> tuple[int, str]:
    """How a command ends, and what it says."""
    done = subprocess.run(
        command,
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout.strip()


@pytest.fixture
def running(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A whole `make run` that has said where to click, below a parent of its own."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *UP],
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    heard = ""
    while "Ctrl-C stops it all" not in heard:
        line = parent.stdout.readline()
        assert line, heard
        heard += line
    assert f"Sandbox LMS  http://127.0.0.1:{environment['SANDBOX_PORT']}" in heard
    assert f"http://localhost:{environment['PORT']}/sign-in/invitation/#" in heard
    yield parent
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGTERM)
    parent.wait()
    parent.stdout.close()


def refused(port: str) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) != 0


def within_a_while(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return true()


def test_all_of_it_answers_alone_in_its_folder_and_goes_with_whoever_started_it(
    environment: dict[str, str], running: subprocess.Popen[str], tmp_path: Path
) -> None:
    tool = f"http://localhost:{environment['PORT']}"
    with urlopen(f"{tool}/healthz") as answer:
        assert answer.status == 200
    assert (tmp_path / "public_url").read_text() == tool
    assert said(environment, *UP) == (
        1,
        f"CommandError: Tutor.AI runs in this folder already: {tool}",
    )

    os.kill(running.pid, signal.SIGKILL)

    assert within_a_while(lambda: refused(environment["PORT"]))
    assert within_a_while(lambda: refused(environment["SANDBOX_PORT"]))
    assert within_a_while(lambda: not (tmp_path / "public_url").exists())


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_port_that_is_taken_is_named_with_another(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv(name, str(port))

        with pytest.raises(CommandError, match=f"{port} is taken.*make run {name}={port + 10}"):
            up.named_port(name, 1)


@pytest.mark.parametrize("given", ["abc", "0", "70000", "-1"])
def test_what_is_no_port_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)

    with pytest.raises(CommandError, match=f"PORT={given} is no port"):
        up.named_port("PORT", 8000)


def test_a_port_nobody_named_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = embedded.free_port()
    monkeypatch.setenv("PORT", "")

    assert up.named_port("PORT", usual) == usual


def test_a_part_that_ends_ends_the_run_and_is_named() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass", "its-name"])
    ended.wait()

    with pytest.raises(CommandError, match=r"pass its-name ended \(0\)"):
        up.wait_for("http://127.0.0.1:1/", [ended], None)


def test_a_part_that_does_not_heed_is_ended() -> None:
    deaf = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"], stdout=-1
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()

    up.leave([deaf], patience=0.2)

    assert deaf.returncode == -signal.SIGKILL
    deaf.stdout.close()


def test_a_database_that_is_away_is_one_sentence(environment: dict[str, str]) -> None:
    port = embedded.free_port()
    url = f"postgresql://x:y@127.0.0.1:{port}/x"
    away = {**environment, "DATABASE_URL": url, "DATABASE_OWNER_URL": url}

    code, words = said(away, *UP)

    assert code == 1
    assert "CommandError: Tutor.AI cannot run: " in words
    assert "Traceback" not in words


def test_outside_development_manage_starts_no_servers(environment: dict[str, str]) -> None:
    bare = {**environment, "DEVELOPMENT": "0", "DATABASE_URL": ""}

    assert said(bare, sys.executable, "manage.py", "check") == (
        1,
        "Outside development, set DATABASE_URL and REDIS_URL.",
    )


def test_ctrl_c_while_it_starts_ends_without_a_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        UP, cwd=HOME, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert within_a_while((tmp_path / "up.lock").exists)
    process.send_signal(signal.SIGINT)
    heard, _ = process.communicate(timeout=PATIENCE)

    assert (process.returncode, heard.strip()) == (0, "Stopped.")


def test_an_old_python_is_told_which_one_it_takes() -> None:
    old = "import sys; sys.version_info = (3, 9); from tutorai import bootstrap; print(bootstrap.main())"

    assert said(dict(os.environ), sys.executable, "-c", old) == (
        0,
        "Tutor.AI needs Python 3.11 to 3.14, this is 3.9: make PYTHON=python3.12 run",
    )


def test_what_is_set_up_is_left_alone() -> None:
    assert bootstrap.ready()
    assert bootstrap.main() == ""


def test_a_program_that_fails_says_why_in_its_last_line() -> None:
    assert bootstrap.fault("true") is None
    assert bootstrap.fault("sh", "-c", "echo begun; echo the reason >&2; exit 3") == "the reason"
    assert bootstrap.fault("sh", "-c", "exit 3") == "nothing"
    assert "No such file" in (bootstrap.fault("no-such-program") or "")
