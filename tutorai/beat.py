"""The scheduler, of which any number may run and one is at work: the one that holds a lease.

The others stand by and take over when it ends, or within 30 s when it died. When each task was
last sent is a row too: whoever takes over, or starts again, sends only what is due by then.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from celery.beat import ScheduleEntry, Scheduler
from django.db import Error, connections
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.ledger.models import Lease
from tutorai.ledger.waiting import scaled

logger = logging.getLogger(__name__)

NAME = "beat"  # of the lease; "beat:sweep" tells when the entry "sweep" was sent
LEASE = timedelta(seconds=30)  # renewed while its holder lives
LAST_WORDS = 5.0  # seconds to let go of the lease when we end

T = TypeVar("T")


class Single(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler in memory, that does nothing while another one is at work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.me = new_id()
        self.holds: bool | None = None  # None: not known yet, or the database is away
        self.away = False
        self.closed = False
        self.asked_at = float("-inf")  # monotonic seconds, of the last look at the lease
        self.lease = scaled(LEASE)
        super().__init__(*args, **kwargs)
        self.max_interval: float = min(self.max_interval, self.lease.total_seconds() / 3)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, if it is ours to send; return seconds until the next tick.

        Celery asks us to end by an exception from a signal's handler. Whatever that interrupts
        may swallow it, as redis-py does at times: so we end at the next tick.
        """
        if self.closed:
            raise SystemExit()
        if time.monotonic() - self.asked_at >= self.max_interval:
            self._ask()
        pause: float = super().tick(*args, **kwargs) if self.holds else self.max_interval
        return pause

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send one task, and write down when."""
        super().apply_entry(entry, producer=producer)
        self._within(lambda: self._remember(entry))

    def close(self) -> None:
        """Let go of the lease, so that another scheduler goes on at once.

        Celery calls this from a signal's handler, in the middle of whatever it interrupts: hence
        a thread, with a connection of its own.
        """
        self.closed = True
        if self.holds:
            self.holds = False
            last = threading.Thread(target=self._within, args=(self._release,), daemon=True)
            last.start()
            last.join(LAST_WORDS)
        super().close()

    def _ask(self) -> None:
        """Learn whether the lease is ours; a database that is away means that it is not."""
        self.asked_at = time.monotonic()
        held, before = self._within(self._hold), self.holds
        if held and not before:
            logger.info("This scheduler is at work.")
            self._within(self._recall)
        elif held is False and before is not False:
            logger.info("Another scheduler is at work; this one stands by.")
        self.holds = held

    def _within(self, work: Callable[[], T]) -> T | None:
        """Do something with the database; None when it is away, which is logged once."""
        try:
            told = work()
        except Error as error:
            if not self.away:
                logger.warning("The scheduler waits for the database: %s", type(error).__name__)
            self.away = True
            return None
        else:
            self.away = False
            return told
        finally:
            connections.close_all()  # back to the pool

    def _hold(self) -> bool:
        """Renew the lease, or take one that ran out; by the database's clock."""
        until = Now() + Value(self.lease)
        ours = Lease.objects.filter(Q(holder=self.me) | Q(until__lt=Now()), name=NAME)
        if ours.update(holder=self.me, until=until):
            return True
        row = {"holder": self.me, "until": until}
        _lease, made = Lease.objects.get_or_create(name=NAME, defaults=row)
        return made

    def _release(self) -> None:
        Lease.objects.filter(name=NAME, holder=self.me).update(until=Now())

    def _remember(self, entry: ScheduleEntry) -> None:
        row = {"holder": self.me, "until": timezone.now()}
        Lease.objects.update_or_create(name=f"{NAME}:{entry.name}", defaults=row)

    def _recall(self) -> None:
        """Go on where the last scheduler ended; what was never sent begins to count now."""
        sent = dict(Lease.objects.filter(name__startswith=f"{NAME}:").values_list("name", "until"))
        for entry in self.schedule.values():
            entry.last_run_at = sent.get(f"{NAME}:{entry.name}") or entry.default_now()
        self._heap = None  # worked out anew at the next tick
