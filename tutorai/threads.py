"""From async code to the database and back, on one shared pool of threads.

Django's own `sync_to_async` makes a pool of one thread for every request; a launch pays for
that twice. Here a call runs on a shared pool, and gives its connection back when it ends.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

_pool = ThreadPoolExecutor(max_workers=settings.DATABASE_THREADS, thread_name_prefix="db")


def in_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Make a blocking function awaitable. Context (language, actor) goes with it."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()  # back to the pool, not closed

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_pool, partial(context.run, run, *args, **kwargs))

    return call
