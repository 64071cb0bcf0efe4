"""The counters of tutorai.counts, as Prometheus reads them."""

import json
import time
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from redis import Redis

from tutorai.counts import BUCKETS, KEPT, counters_key, hosts_key

Labels = tuple[str, ...]
Counters = dict[str, dict[Labels, float]]  # by what is counted, then by labels

# What is counted, in words, by which labels; those of an LMS have its host before them.
COUNTERS: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("job_attempts", "Attempts of jobs, by how they ended", ["queue", "kind", "how"]),
    ("tasks", "Tasks of the scheduler's, by how they ended", ["task", "how"]),
    ("lms_calls", "Calls to LMSs, by how they were answered", ["host", "service", "outcome"]),
    ("model_calls", "Calls of language models, by how they ended", ["capability", "how"]),
    ("model_tokens", "Tokens that models read and wrote", ["capability", "way"]),
    ("model_dollars", "What calls of models cost, in US dollars", ["capability"]),
    ("token_refreshes", "Requests for an access token", ["host", "outcome"]),
)


def metrics(redis: Redis) -> Iterator[Metric]:
    """Yield every counter; raise RedisError. Two round trips, however many there are."""
    read = _read(redis)
    for name, words, labels in COUNTERS:
        counter = CounterMetricFamily(f"tutorai_{name}", words, labels=labels)
        for values, amount in read.get(name, {}).items():
            counter.add_metric(values, amount)
        yield counter
    yield _seconds(read.get("lms_seconds", {}), read.get("lms_seconds_sum", {}))


def _seconds(buckets: dict[Labels, float], sums: dict[Labels, float]) -> Metric:
    """Return the answer times: each bucket holds its own calls, Prometheus wants running sums."""
    told = HistogramMetricFamily(
        "tutorai_lms_seconds", "Until an LMS began to answer", labels=["host"]
    )
    for (host,), total in sums.items():
        running, steps = 0.0, []
        for bound in BUCKETS:
            running += buckets.get((host, bound), 0.0)
            steps.append((bound, running))
        told.add_metric([host], steps, total)
    return told


def _read(redis: Redis) -> Counters:
    with redis.pipeline(transaction=False) as pipe:
        pipe.hgetall(counters_key())
        pipe.zrangebyscore(hosts_key(), time.time() - KEPT, "+inf")
        plain, listed = pipe.execute()
    hosts = [host.decode() for host in listed]
    with redis.pipeline(transaction=False) as pipe:
        for host in hosts:
            pipe.hgetall(counters_key(host))
        held = pipe.execute()
    read: Counters = {}
    for host, hashed in [("", plain), *zip(hosts, held, strict=True)]:
        for field, amount in hashed.items():
            name, *labels = json.loads(field)
            read.setdefault(name, {})[(*([host] if host else []), *labels)] = float(amount)
    return read
