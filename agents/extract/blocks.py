"""What reading yields: blocks of text that know where they stand."""

from dataclasses import dataclass

from tutorai.errors import TutorError
from tutorai.lmsdm.schema import Unreadable

TEXT_LIMIT = 4_000_000  # characters of one item; a 900-page book has about 2 million


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table, definition or piece of code.

    `headings` is the path of headings above it, outermost first. `anchor` is what the item's URL
    needs to open the place ("#wundt", "#page=3"), or empty when only its words can lead there.
    """

    text: str
    headings: tuple[str, ...] = ()
    anchor: str = ""


class CannotRead(TutorError):
    """The item holds no text we can use; `reason` is what the teacher's coverage line counts."""

    code = "cannot_read"

    def __init__(self, reason: Unreadable) -> None:
        super().__init__(reason=reason.value)
        self.reason = reason


class Outline:
    """The headings above the place a reader has come to."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        """Begin a section: it closes those of its level and below."""
        self._open = [(rank, name) for rank, name in self._open if rank < level]
        if title:
            self._open.append((level, title))

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._open)
