"""Counters add up over processes, and never get in anybody's way."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from pytest_django.fixtures import Settings
from redis import Redis

from connectors import lua
from tests.conftest import Running
from tests.ops import scrape
from tutorai import counted, counts, tasks
from tutorai.counts import HELD, HOSTS, KEPT, Counts, field
from tutorai.errors import BadRequest, LMSError, LMSUnavailable, UrlRefused
from tutorai.http import Http
from tutorai.ids import new_id
from tutorai.ledger import attempts
from tutorai.ledger.models import Job

CALLS = 40
BOUNDS = ("0.1", "0.25", "+Inf")
PROCESS = f"""
import django
django.setup()
import sys
from tutorai import counts
for _ in range({CALLS}):
    counts.lms_called(sys.argv[1], "rest", "2xx", 0.2)
"""


@pytest.fixture
def gone() -> Redis:
    """A Redis that is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return lua.client(f"redis://127.0.0.1:{port}")


@pytest.fixture
def alone(settings: Settings) -> Iterator[None]:
    """Counters that nobody else sees."""
    settings.REDIS_PREFIX = f"counts-{new_id()}"
    yield
    for key in lua.redis().scan_iter(f"{settings.REDIS_PREFIX}:*", count=10_000):
        lua.redis().delete(key)


def a_host() -> str:
    return f"{new_id().hex[-12:]}.example"


def read() -> dict[scrape.Sample, float]:
    """Return the counters as they stand."""
    return {
        scrape.of(sample.name, **sample.labels): sample.value
        for metric in counted.metrics(lua.redis())
        for sample in metric.samples
    }


def test_the_counts_of_two_processes_add_up(tool: Running) -> None:
    lua.redis().delete(counts.hosts_key())  # other tests call more hosts than are counted apart
    host = a_host()

    with subprocess.Popen([sys.executable, "-c", PROCESS, host]) as other:
        for _ in range(CALLS):
            counts.lms_called(host, "rest", "2xx", 0.2)

    told = scrape.values(scrape.text(tool.url))
    calls = scrape.of("tutorai_lms_calls_total", host=host, service="rest", outcome="2xx")
    buckets = {le: told[scrape.of("tutorai_lms_seconds_bucket", host=host, le=le)] for le in BOUNDS}
    assert other.returncode == 0
    assert told[calls] == 2 * CALLS
    assert buckets == {"0.1": 0, "0.25": 2 * CALLS, "+Inf": 2 * CALLS}
    assert told[scrape.of("tutorai_lms_seconds_sum", host=host)] == pytest.approx(0.4 * CALLS)


@contextmanager
def serving(answer: bytes, pause: float = 0) -> Iterator[str]:
    """A server that answers one call with these bytes, after as many seconds."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link:
                link.recv(65536)
                time.sleep(pause)
                link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("answer", "pause", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, "2xx"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 0, "3xx"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 0, "4xx"),
        (b"HTTP/1.1 429 Slowly\r\nContent-Length: 0\r\n\r\n", 0, "429"),
        (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", 0, "5xx"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, "broken"),
        (b"hello", 0, "broken"),
        (b"", 0.3, "timeout"),
    ],
    ids=["2xx", "3xx", "4xx", "429", "5xx", "cut", "garbled", "timeout"],
)
def test_a_call_counts_once_by_how_it_was_answered(
    alone: None, answer: bytes, pause: float, outcome: str
) -> None:
    http = Http(service="rest")

    with serving(answer, pause) as host, suppress(LMSError):
        http.request("GET", f"http://{host}/x", deadline=0.2 if pause else 5)
    http.close()

    told = {one: value for one, value in read().items() if one[0] == "tutorai_lms_calls_total"}
    assert told == {
        scrape.of("tutorai_lms_calls_total", host=host, service="rest", outcome=outcome): 1
    }


@pytest.mark.parametrize("host", ["127.0.0.1:9", "no-such-host.invalid"])
def test_a_call_that_reached_nobody_counts_as_such(alone: None, host: str) -> None:
    http = Http()

    with pytest.raises(LMSUnavailable):
        http.request("GET", f"https://{host}/x")
    http.close()

    one = scrape.of("tutorai_lms_calls_total", host=host, service="other", outcome="unreachable")
    assert read()[one] == 1


def test_a_call_that_was_refused_before_it_left_is_no_call(alone: None) -> None:
    http = Http()

    with pytest.raises(UrlRefused):
        http.request("GET", "https://10.0.0.1/x")
    http.close()

    assert read() == {}


def _refuses(job: Job) -> None:
    raise BadRequest()


def _waits(job: Job) -> None:
    raise LMSUnavailable()


def _breaks(job: Job) -> None:
    raise RuntimeError


@pytest.mark.parametrize(
    ("run", "how"),
    [(lambda job: None, "done"), (_refuses, "buried"), (_waits, "waiting"), (_breaks, "again")],
    ids=["done", "buried", "waiting", "again"],
)
def test_an_attempt_counts_by_how_it_ended(alone: None, run: attempts.Run, how: str) -> None:
    job = Job.objects.create(kind="counted", queue="bulk")

    attempts.attempt(job.pk, {"counted": attempts.Work(run)})

    one = scrape.of("tutorai_job_attempts_total", queue="bulk", kind="counted", how=how)
    assert read() == {one: 1}
    job.delete()


def test_a_task_of_the_scheduler_counts_and_a_job_is_not_counted_twice(alone: None) -> None:
    tasks.sweep.apply()
    tasks.run.apply(args=[str(new_id())])

    assert read() == {scrape.of("tutorai_tasks_total", task="sweep", how="success"): 1}


def test_a_request_for_a_token_counts(alone: None) -> None:
    counts.token_refreshed("lms.example", "ok")

    assert read() == {
        scrape.of("tutorai_token_refreshes_total", host="lms.example", outcome="ok"): 1
    }


def test_what_was_counted_while_redis_was_away_is_told_when_it_is_back(
    alone: None, gone: Redis
) -> None:
    clients = iter([gone, gone, lua.redis()])
    ours = Counts(lambda: next(clients), rest=0)
    one = ("", field("tasks", "sweep", "success"))

    for _ in range(2):
        ours.add({one: 1})
    before = read()
    ours.add({one: 1})

    assert before == {}
    assert list(read().values()) == [3]


def test_a_redis_that_is_away_is_not_asked_again_at_once(alone: None, gone: Redis) -> None:
    clients = iter([gone])  # a second one is not there to be had
    ours = Counts(lambda: next(clients), rest=60)

    for _ in range(3):
        ours.add({("", field("tasks", "sweep", "success")): 1})

    assert read() == {}


def test_what_is_kept_while_redis_is_away_has_an_end(alone: None, gone: Redis) -> None:
    clients = iter([gone, lua.redis()])
    ours = Counts(lambda: next(clients), rest=0)

    ours.add({("", field("tasks", str(number), "success")): 1 for number in range(HELD + 10)})
    ours.add({})

    assert len(read()) == HELD


def test_beyond_the_first_hosts_all_others_share_one_name(alone: None) -> None:
    ours = Counts()
    ours.add({(f"h{number}.example", field("token_refreshes", "ok")): 1 for number in range(HOSTS)})

    ours.add({(f"x{number}.example", field("token_refreshes", "ok")): 1 for number in range(3)})
    ours.add({("h7.example", field("token_refreshes", "ok")): 1})

    told = {dict(labels)["host"]: value for (_, labels), value in read().items()}
    assert len(told) == HOSTS + 1
    assert (told["other"], told["h7.example"], told["h8.example"]) == (3, 2, 1)


def test_a_host_that_nobody_calls_is_forgotten(alone: None) -> None:
    counts.token_refreshed("lms.example", "ok")

    assert 0 < lua.redis().ttl(counts.counters_key("lms.example")) <= KEPT
    lua.redis().zadd(counts.hosts_key(), {"lms.example": time.time() - KEPT - 1})
    assert read() == {}
