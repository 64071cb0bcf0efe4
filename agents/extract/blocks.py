"""What reading yields: blocks of text that know where they stand."""

from dataclasses import dataclass
from time import thread_time

from django.conf import settings

from tutorai.errors import TutorError
from tutorai.lmsdm.schema import Unreadable

TEXT_LIMIT = 4_000_000  # characters of one item; a 900-page book has about 2 million
BLOCK_LIMIT = 100_000  # of one item; such a book has some 20,000
TITLE = 300  # characters of a heading that stand above each of its blocks


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


class Pile:
    """The blocks of one item as they are read: it grows no larger, and no longer, than we take."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._room = TEXT_LIMIT
        self._until = thread_time() + settings.READING_SECONDS

    def add(self, text: str, headings: tuple[str, ...] = (), anchor: str = "") -> None:
        """Put a block on it. Raises CannotRead (too_big)."""
        self.check(len(text))
        if len(self.blocks) >= BLOCK_LIMIT:
            raise CannotRead(Unreadable.TOO_BIG)
        self._room -= len(text)
        self.blocks.append(Block(text, headings, anchor))

    def check(self, length: int = 0) -> None:
        """Raise CannotRead (too_big) without room for so many characters more, or time."""
        if length > self._room or thread_time() > self._until:
            raise CannotRead(Unreadable.TOO_BIG)


class Outline:
    """The headings above the place a reader has come to."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        """Begin a section: it closes those of its level and below."""
        self._open = [(rank, name) for rank, name in self._open if rank < level]
        if title:
            self._open.append((level, title[:TITLE]))

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._open)
