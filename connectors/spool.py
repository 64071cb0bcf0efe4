"""Bodies that came with a list, on disk until it is their turn: a course's are too many to hold."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import IO

from tutorai.lmsdm import schema


class Spool:
    """The bodies of one reading, in a file that is gone with it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at: dict[str, tuple[int, int]] = {}  # by item: where, and how many bytes

    def stripped(self, items: Iterable[schema.ContentItem]) -> Iterator[schema.ContentItem]:
        """Yield the items without their bodies, which are kept here.

        Where the LMS names no version, the body's own hash is it.
        """
        for item in items:
            if not item.body:
                yield item
                continue
            body = item.body.encode()
            self._file.seek(0, 2)
            self._at[item.item_id] = (self._file.tell(), len(body))
            self._file.write(body)
            version = item.version or sha256(body).hexdigest()
            yield item.model_copy(update={"body": "", "version": version})

    def body(self, item_id: str) -> str:
        """Return an item's body; "" where none came."""
        at, size = self._at.get(item_id, (0, 0))
        self._file.seek(at)
        return self._file.read(size).decode()
