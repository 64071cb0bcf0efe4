"""The base of every error, and finding one by its code."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TutorError(Exception):
    """The base of every error raised on purpose.

    `code` is for programs and never changes; `message` is for people and is translated;
    `facts` fill the message and go to the log, so they never hold a name, mail or essay.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str | Promise] = _("Something went wrong.")
    status: ClassVar[int] = 500  # HTTP status, when a caller meets it
    retry: ClassVar[bool] = False  # may the same call succeed later?
    counted: ClassVar[bool] = True  # does a failed try count as an attempt of the job?

    def __init__(self, *, retry_after: float | None = None, **facts: str | int) -> None:
        super().__init__(self.code, facts)
        self.facts = facts
        self.retry_after = retry_after  # seconds, when the other side named a pause

    def __str__(self) -> str:
        return str(self.message) % self.facts


class Unknown(Mapping[str, str]):
    """Facts nobody kept: each reads as an ellipsis."""

    def __getitem__(self, name: str) -> str:
        return "…"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def every(root: type[TutorError] = TutorError) -> Iterator[type[TutorError]]:
    """Yield every kind of error there is, whoever defines it."""
    for child in root.__subclasses__():
        yield child
        yield from every(child)


def words(code: str) -> str:
    """Return the cause in words, when only its code was kept."""
    said = {kind.code: kind.message for kind in every()}
    return str(said[code]) % Unknown() if code in said else code
