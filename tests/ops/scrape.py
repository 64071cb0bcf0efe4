"""Reading metrics as Prometheus does."""

import os
from collections.abc import Mapping
from urllib.request import Request, urlopen

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, frozenset[tuple[str, str]]]


def text(url: str) -> str:
    """Return what the page says to who shows the token."""
    headers = {"Authorization": f"Bearer {os.environ['METRICS_TOKEN']}"}
    with urlopen(Request(f"{url}/metrics", headers=headers), timeout=10) as answer:
        return str(answer.read().decode())


def families(told: str) -> list[Metric]:
    """Return the metrics of an exposition; raise ValueError where it is none."""
    return list(text_string_to_metric_families(told))


def values(told: str) -> Mapping[Sample, float]:
    """Return every sample's value by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families(told)
        for sample in family.samples
    }


def of(name: str, **labels: str) -> Sample:
    """Return the name of one sample."""
    return name, frozenset(labels.items())
