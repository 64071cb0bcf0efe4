"""From async code to the database and back, on one shared pool of threads.

Django's own `sync_to_async` makes a pool of one thread for every request; a launch pays for
that twice. Here a call runs on a shared pool, and gives its connection back when it ends.
"""

from __future__ import annotations  # else those within `in_thread` are worked out at every call

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connections
from django.utils import translation

P = ParamSpec("P")
T = TypeVar("T")

_pool = ThreadPoolExecutor(max_workers=settings.DATABASE_THREADS, thread_name_prefix="db")
# Whoever waits for somebody else's server waits here: a slow one holds up nobody's launch.
_slow = ThreadPoolExecutor(max_workers=settings.DATABASE_THREADS, thread_name_prefix="slow")


def in_thread(
    function: Callable[P, T], pool: ThreadPoolExecutor = _pool
) -> Callable[P, Awaitable[T]]:
    """Make a blocking function awaitable. Context (language, actor) goes with it."""

    def run(language: str | None, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with translation.override(language):
                return function(*args, **kwargs)
        finally:
            connections.close_all()  # back to the pool, not closed

    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        context = contextvars.copy_context()
        # Told apart: asgiref 3.13 hides its locals, Django's language among them, from a thread
        # that it did not start itself.
        work = partial(context.run, run, translation.get_language(), *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    return call


def in_slow_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """`in_thread` for what calls another server on its way."""
    return in_thread(function, _slow)
