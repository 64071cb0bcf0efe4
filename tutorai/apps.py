"""The project as an app: what is handed over at boot, and checks that stop a bad deploy."""

import gc
import os
import socket
import sys
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from celery.signals import beat_init, task_postrun, worker_init
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

from tutorai import rights
from tutorai.ids import new_id
from tutorai.logs import masked

DEVELOPMENT_SECRET = "development-only"  # the start of the laptop's SECRET_KEY


class TutorConfig(AppConfig):
    """Wire the roof to the floor."""

    name = "tutorai"
    label = "tutorai"
    verbose_name = "Tutor.AI"

    def __init__(self, *named: Any) -> None:
        """Stop looking for garbage until all is loaded: it took a fifth of every start."""
        gc.disable()
        super().__init__(*named)

    def ready(self) -> None:
        from agents.spend import ledger
        from agents.tools import course, drafting
        from connectors import breaker
        from lti import service_tokens, sessions, wire
        from tutorai import counts, gradebook, http, publishing, tasks
        from tutorai.ledger import jobs
        from tutorai.standalone import courses
        from tutorai.web.signin import heard

        jobs.nudge = tasks.nudge
        jobs.ended = counts.job_ended
        http.seen = counts.lms_called
        ledger.seen = counts.model_called
        service_tokens.refreshed = counts.token_refreshed
        wire.guard = breaker.guarding
        course.propose = gradebook.propose
        drafting.propose = publishing.draft_quiz
        sessions.own = courses.sessions_that_stand()
        task_postrun.connect(counts.task_ran)
        heard.connect()
        # Django hops to a thread at every request's start to look after connections. Ours go back
        # to the pool where they were used (tutorai.threads), the staff site's when it has answered.
        request_started.disconnect(reset_queries)
        request_started.disconnect(close_old_connections)
        worker_init.connect(_stay_home)
        worker_init.connect(_name_worker)
        beat_init.connect(_stay_home)
        _watch()
        gc.freeze()  # what is loaded stays: nobody need look at it again, and forks share it
        gc.enable()


def _watch() -> None:
    """Send errors to Sentry when a DSN is set: without bodies, headers, cookies or people."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_scrub,
    )


def _scrub(event: Any, hint: Any) -> Any:
    """Take the query, the cookies and the headers out of an event: they can carry a token."""
    request = event.get("request", {})
    for part in ("query_string", "cookies", "headers", "data", "env"):
        request.pop(part, None)
    for crumb in event.get("breadcrumbs", {}).get("values", []):
        for part in ("http.query", "http.fragment"):
            (crumb.get("data") or {}).pop(part, None)
    return masked(event)


@register(Tags.security)
def development_stays_home(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a server that still has a laptop's settings."""
    found: list[CheckMessage] = []
    if settings.DEVELOPMENT:
        if not _loopback(urlsplit(settings.PUBLIC_URL).hostname or ""):
            words = "DEVELOPMENT is for one machine: turn it off, or let PUBLIC_URL be localhost."
            found.append(Error(words, id="tutorai.E005"))
        return found
    if settings.SECRET_KEY.startswith(DEVELOPMENT_SECRET):
        found.append(Error("SECRET_KEY is the laptop's. Set one of your own.", id="tutorai.E001"))
    if not settings.SECRET_KEYS:
        found.append(
            Error(
                "SECRET_KEYS is empty: secrets would rest under SECRET_KEY.",
                hint="SECRET_KEYS=k1:$(python -c 'import base64,os;"
                "print(base64.urlsafe_b64encode(os.urandom(32)).decode())')",
                id="tutorai.E002",
            )
        )
    if not settings.PUBLIC_URL.startswith("https://"):
        found.append(Error("PUBLIC_URL must start with https://.", id="tutorai.E003"))
    if settings.DEBUG:
        found.append(Error("DEBUG must be off.", id="tutorai.E004"))
    return found


@register(Tags.database)
def audit_log_is_protected(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say so where the application could change what it once wrote down; `migrate` looks."""
    if settings.DEVELOPMENT or rights.parted():
        return []
    words = "The application owns its tables: no right of the database protects the audit log."
    hint = "Let DATABASE_OWNER_URL name the owner, DATABASE_URL another role (docs/audit.md)."
    return [Warning(words, hint=hint, id="tutorai.W006")]


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _stay_home(**_: object) -> None:
    """End a worker or a scheduler that may not start."""
    if found := refusals():
        sys.exit("\n".join(found))


def _name_worker(**_: object) -> None:
    """Name this worker before it forks: what its children began is known as its own."""
    from tutorai.ledger import attempts

    attempts.worker = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"


def refusals() -> list[str]:
    """Return why no server may start with these settings, a sentence each."""
    return [str(found.msg) for found in development_stays_home(None)]
