"""What operators see of this installation: read from Postgres and Redis when somebody scrapes.

No label names a person, a course or a path. What is away is left out, and `tutorai_up` says so:
a scrape never fails. `docs/metrics.md` tells what each metric means.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections, transaction
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors import lua
from tutorai import counted, standing

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds for Postgres, waiting for a connection included
STATEMENT = 2000  # ms one statement may take

# A thread of its own: whoever waits for a connection that does not come holds up no scrape.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")


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
    asked = _reader.submit(_rows)
    try:
        return asked.result(timeout=PATIENCE)
    finally:
        asked.cancel()  # it still waits behind one that hangs


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
