"""The Celery app. It carries job ids; what must happen stands in Postgres (tutorai.ledger)."""

import os
from enum import StrEnum

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")


class Queue(StrEnum):
    """One queue for each thing that must not wait behind another."""

    GRADES = "grades"  # what a teacher approved
    INTERACTIVE = "interactive"  # a person is waiting
    SYNC = "sync"  # reads from an LMS
    BULK = "bulk"  # embedding, backfill, exports


app = Celery("tutorai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tutorai"])
