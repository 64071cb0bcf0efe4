"""What tries tell of a skill, and when to look at it again. Pure.

How well somebody has a skill is the share of their unassisted answers that were right, the newer
ones counting more: each answer makes the earlier ones count `FADES` as much, and thirty days make
them count half. With help one shows nothing of what one can do alone: such an answer changes no
share. A few answers say little either way, so the first two of them are held within bounds.

When to review: the gap doubles after a right answer and halves after a wrong one, from a day to
`LONGEST` days. This is the Leitner system as B. Settles and B. Meeder write it down ("A Trainable
Spaced Repetition Model for Language Learning", ACL 2016, https://aclanthology.org/P16-1174): a
gap of 2 to the power of right answers less wrong ones. Right answers before a review is due do not
lengthen the gap: ten in a row on one evening say nothing of next month.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FADES = 0.8  # what an answer makes the earlier ones count
HALF_LIFE = 30.0  # days until an answer counts half
AT_MOST, AT_LEAST = (0.5, 0.75), (0.25, 0.1)  # of a share, after one try and after two
STEADY, WEAK = 0.8, 0.5  # shares from which, and below which, we say so
ENOUGH = 8  # right answers in a row after which anybody is steady, whatever went before
SHORTEST, LONGEST = 1.0, 64.0  # days between two reviews
EARLY = timedelta(hours=4)  # who comes at the same hour of the day need not wait for the minute


@dataclass(frozen=True)
class Evidence:
    """What is known of one person's skill; `right` and `wrong` are weighted counts."""

    right: float = 0.0
    wrong: float = 0.0
    tries: int = 0  # unassisted ones
    last_at: datetime | None = None  # of the last of them
    due_at: datetime | None = None  # of the next review
    interval: float = 0.0  # days; 0: none yet


def share(held: Evidence) -> float | None:
    """Return how well the skill is had, from 0 to 1; None before anything was tried alone."""
    total = held.right + held.wrong
    if not held.tries or total <= 0:
        return None
    found = held.right / total
    if held.tries <= len(AT_MOST):
        return min(max(found, AT_LEAST[held.tries - 1]), AT_MOST[held.tries - 1])
    return found


def after(held: Evidence, *, right: bool, assisted: bool, at: datetime) -> Evidence:
    """Return the evidence once this answer is in it."""
    return _scheduled(held if assisted else _counted(held, right, at), right, assisted, at)


def _counted(held: Evidence, right: bool, at: datetime) -> Evidence:
    days = max((at - held.last_at).total_seconds() / 86400, 0.0) if held.last_at else 0.0
    fades = FADES * 0.5 ** (days / HALF_LIFE)
    return replace(
        held,
        right=held.right * fades + right,
        wrong=held.wrong * fades + (not right),
        tries=held.tries + 1,
        last_at=max(at, held.last_at) if held.last_at else at,
    )


def _scheduled(held: Evidence, right: bool, assisted: bool, at: datetime) -> Evidence:
    """Move the next review: on for what was known alone when it was due, nearer for a mistake."""
    if not right:
        days = max(held.interval / 2, SHORTEST)
    elif held.due_at is None:
        days = SHORTEST
    elif assisted or at < held.due_at:
        return held
    else:
        days = min(max(held.interval * 2, SHORTEST), LONGEST)
    due = at + timedelta(days=days) - EARLY
    return replace(held, interval=days, due_at=due)


def mean(shares: Iterable[float | None]) -> float | None:
    """Return the mean of those that are known; None where none is."""
    known = [one for one in shares if one is not None]
    return sum(known) / len(known) if known else None
