"""What every LMS must do for us, in LMS-DM."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind


@dataclass(frozen=True)
class Bearer:
    """An access token as it was when it was read; `version` tells it from its successors."""

    secret: str
    version: int = 0


class Tokens(Protocol):
    """Where a client gets its token, again at every call: it may have been renewed meanwhile."""

    def current(self) -> Bearer:
        """Return the token to use; raise LMSUnauthorised when there is none."""

    def instead_of(self, failed: Bearer) -> Bearer:
        """Return a newer token than the one just refused; raise LMSUnauthorised without one.

        Somebody else may have stored it already: read before renewing.
        """


class Connector(Protocol):
    """An open connection to one LMS. Ids are the LMS's, as text.

    Every method raises LMSError; a list is complete or it raises.
    """

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses in which the token's owner teaches."""

    def course(self, course_id: str) -> schema.Course:
        """Return one course."""

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return the whole table of contents, parents before children."""

    def listing(self, course_id: str) -> list[Callable[[], list[schema.ContentItem]]]:
        """Return one call for each kind of content; each answers its complete list.

        Short bodies come with the list; long ones apart, by `body`.
        """

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        """Return the kinds whose list the course keeps from students: they need another way in."""

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        """Return a page's HTML; raise TooBig beyond what one answer may be."""

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        """Write a file's bytes; raise TooBig beyond `cap` bytes."""

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return all work to hand in."""
