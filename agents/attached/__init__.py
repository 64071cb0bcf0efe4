"""What a student sends along with a question: a photo, a PDF, code."""

from agents.attached.rows import (
    MOST,
    bind,
    drop,
    forget,
    listed,
    one,
    parts,
    pictured,
    shown,
    take,
    tidy,
    unseen,
    words,
)

__all__ = [
    "MOST",
    "bind",
    "drop",
    "forget",
    "listed",
    "one",
    "parts",
    "pictured",
    "shown",
    "take",
    "tidy",
    "unseen",
    "words",
]
