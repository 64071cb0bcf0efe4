"""How this installation is: settings, services, keys, queues, language models. Blocking.

No secret, no person and no course stands in it: it can be sent to whoever helps.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.checks import ERROR, run_checks
from django.core.files.storage import default_storage
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, Q
from django.utils import timezone
from redis.exceptions import RedisError

from agents.llm import places
from agents.models.money import Endpoint
from lti import keys
from tutorai import crypto
from tutorai.errors import SecretUnreadable
from tutorai.ledger.models import Job
from tutorai.redis import redis


def looked() -> dict[str, Any]:
    """Look at everything. `well`: nothing that stops a launch, an answer or a grade."""
    checks = [
        {"id": one.id, "stops": one.level >= ERROR, "words": one.msg}
        for one in run_checks()
        if not one.is_silenced()
    ]
    services = {
        "postgres": _answers(_postgres),
        "redis": _answers(lambda: redis().ping()),
        "files": _answers(lambda: default_storage.exists("ready")),
    }
    told: dict[str, Any] = {"checks": checks, "services": services}
    if services["postgres"]:
        told["migrations_to_come"] = _to_come()
    if services["postgres"] and not told["migrations_to_come"]:
        told |= {"keys": _keys(), "queues": _queues(timezone.now()), "models": _models()}
    stopped = any(one["stops"] for one in checks) or not all(services.values())
    signs = told.get("keys", {}).get("signs", False)
    return {"well": bool(signs and not stopped), **told}


def _answers(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except (DatabaseError, RedisError, OSError):
        return False
    return True


def _postgres() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _to_come() -> int:
    """How many migrations have not run."""
    found = MigrationExecutor(connection)
    return len(found.migration_plan(found.loader.graph.leaf_nodes()))


def _keys() -> dict[str, bool]:
    """Whether there is a key to sign with, that opens; and whether its turn is over."""
    held = keys.signer()
    try:
        signs = bool(held and crypto.decrypt(held.private_key, purpose="tool-key"))
    except SecretUnreadable:
        signs = False
    return {"signs": signs, "overdue": keys.overdue()}


def _queues(now: datetime) -> dict[str, Any]:
    """Of each queue: jobs that wait and run, dead letters, and since when the oldest is due."""
    due = Q(state=Job.State.WAITING, due_at__lte=now)
    rows = Job.objects.values("queue").annotate(
        due=Count("pk", filter=due),
        running=Count("pk", filter=Q(state=Job.State.RUNNING)),
        buried=Count("pk", filter=Q(state=Job.State.BURIED)),
        oldest=Min("due_at", filter=due),
    )
    return {
        row["queue"]: {
            **{name: row[name] for name in ("due", "running", "buried")},
            "late_seconds": round((now - row["oldest"]).total_seconds()) if row["oldest"] else 0,
        }
        for row in rows.order_by("queue")
    }


def _models() -> dict[str, Any]:
    """The endpoints there are, and what their last probe found."""
    rows = Endpoint.objects.select_related("institution").order_by("institution", "position")
    return {
        "installation": [place.model for place in places.installed()],
        "endpoints": [_endpoint(row) for row in rows],
    }


def _endpoint(row: Endpoint) -> dict[str, Any]:
    return {
        "institution": row.institution.slug if row.institution else None,
        "name": row.name,
        "model": row.model,
        "size": row.size,
        "on": row.off_at is None,
        "opens": _opens(row),
        "probed_at": row.probed_at.isoformat() if row.probed_at else None,
        "error": row.probe_error,
        "can": {name: getattr(row, name) for name in ("tools", "json_schema", "vision", "context")},
        "data_region": row.data_region,
    }


def _opens(row: Endpoint) -> bool:
    """Whether its key can be read."""
    try:
        return not row.key or bool(crypto.decrypt(row.key, purpose="model-key"))
    except SecretUnreadable:
        return False
