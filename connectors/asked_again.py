"""A column that an LMS's REST API no longer finds: gone, or not the student's. Shared by dialects."""

from collections.abc import Callable

from tutorai.errors import LMSError, LMSNotFound
from tutorai.ledger.outcomes import Answer

SHOWN = 500  # characters of a body that are looked at for its meaning
NOBODY = "the column is there, the student is not"  # our words, after a second look


def answer(status: int, reason: str, body: str, wrong: LMSError | None, *, nobody: bool) -> Answer:
    """Return what came back in the form that `Rules` judge; `nobody`: the column itself is there."""
    text = f"{reason}\n{body[:SHOWN].strip()}"
    return Answer(
        status,
        f"{NOBODY}\n{text}" if nobody else text,
        wrong.retry_after if wrong else None,
    )


def there(look: Callable[[], object]) -> bool:
    """Whether what is looked at is there; raise LMSError."""
    try:
        look()
    except LMSNotFound:
        return False
    return True
