"""What operators see of this installation: read from Postgres and Redis when somebody scrapes.

No label names a person, a course or a path. What is away is left out, and `tutorai_up` says so:
a scrape never fails. `docs/metrics.md` tells what each metric means.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from django.db import connection, connections, transaction
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors import lua
from tutorai import counted, standing

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds for Postgres, waiting for a connection included
STATEMENT = 2000  # ms one statement may take

_busy = threading.Lock()  # held by the one thread that reads; it may hang longer than a scrape


class Installation(Collector):
    """Everything we tell, in one pass."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric that can be had now."""
        up = GaugeMetricFamily("tutorai_up", "Whether this part answered", labels=["part"])
        for part, read in (("postgres", _from_postgres), ("redis", _from_redis)):
            found = _asked(part, read)
            up.add_metric([part], float(bool(found)))
            yield from found
        yield up


def registry() -> CollectorRegistry:
    """Return a registry of these metrics, and of nothing about this one process."""
    made = CollectorRegistry()
    made.register(Installation())
    return made


def _asked(part: str, read: Callable[[], list[Metric]]) -> list[Metric]:
    try:
        return read()
    except Exception as error:  # whatever it is: the other part's metrics are still good
        logger.warning("No metrics from %s: %s", part, type(error).__name__)
        return []


def _from_postgres() -> list[Metric]:
    """Read in a thread of its own: a connection that does not come holds up nobody."""
    if not _busy.acquire(timeout=PATIENCE):
        raise TimeoutError
    asked: Future[list[Metric]] = Future()
    threading.Thread(target=_answer, args=[asked], name="metrics", daemon=True).start()
    return asked.result(timeout=PATIENCE)


def _answer(asked: Future[list[Metric]]) -> None:
    try:
        asked.set_result(_rows())
    except Exception as error:
        asked.set_exception(error)
    finally:
        _busy.release()


def _rows() -> list[Metric]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"set local statement_timeout = {STATEMENT}")
            return [*standing.jobs(), *standing.grades()]
    finally:
        connections.close_all()  # back to the pool


def _from_redis() -> list[Metric]:
    redis = lua.redis()
    return [*standing.messages(redis), *standing.breakers(redis), *counted.metrics(redis)]
