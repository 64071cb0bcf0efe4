"""Named points in the life of a job: where a worker may be stopped to see that nothing is lost.

Nothing listens in production. A worker that is to die at a point is started by a program that
hands over its own `listen` (see tests/faults).
"""

from collections.abc import Callable

BEFORE_CLAIM = "before_claim"
AFTER_CLAIM = "after_claim"
AFTER_SEND = "after_send"  # the LMS has it, we have not heard
BEFORE_COMMIT = "before_commit"  # we have heard, Postgres has not

listen: Callable[[str], None] | None = None


def reach(point: str) -> None:
    """Say that a point is reached."""
    if listen is not None:
        listen(point)
