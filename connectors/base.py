"""What every LMS must do for us, in LMS-DM."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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

    def over(self, failed: Bearer) -> None:
        """Note that a successor was refused as well: a person must connect again."""


@dataclass(frozen=True)
class Standing:
    """What a token is, as its LMS says: whose, and what of what we use it may not do."""

    owner: str  # the LMS's own id of whose it is
    site: str = ""  # what the LMS calls itself
    lacks: tuple[str, ...] = ()  # names of functions or scopes


@dataclass(frozen=True)
class Held:
    """What was told of an item at the last reading, before its modules' windows came to it."""

    version: str
    window: schema.Window


Known = Mapping[str, Held]  # by item id


class Connector(Protocol):
    """An open connection to one LMS. Ids are the LMS's, as text.

    Every method raises LMSError; a list is complete or it raises. What an LMS cannot tell at all
    is empty; what this token may not read raises LMSRefused, and the rest is read all the same.
    """

    def standing(self) -> Standing:
        """Return what the token is; raise LMSRefused for one that may do too much (Moodle)."""

    def clock(self) -> datetime | None:
        """Return what the LMS's own clock said at its first answer; None before one."""

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses in which the token's owner teaches."""

    def course(self, course_id: str) -> schema.Course:
        """Return one course."""

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return the whole table of contents, parents before children."""

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> Sequence[Callable[[], Iterable[schema.ContentItem]]]:
        """Return one call for each kind of content; each answers its complete list.

        Short bodies come with the list; long ones apart, by `body`. With `known` the reading is a
        quick one: whose version is still the one that is held may be told with the window that is
        held, where asking for it would be a call an item. Without, everything is asked for.
        """

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        """Return the kinds whose list the course keeps from students: they need another way in."""

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        """Return a page's HTML; raise TooBig beyond what one answer may be."""

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        """Write a file's bytes; raise TooBig beyond `cap` bytes."""

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return all work to hand in, with overrides and rubrics."""

    def parts(self, course_id: str) -> list[schema.Part]:
        """Return the course's sections and groups."""

    def people(self, course_id: str) -> Iterator[schema.Member]:
        """Yield everybody who is active in the course, each once, with sections and groups."""

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        """Yield what was handed in or graded `since` (None: ever), each attempt that is told."""

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        """Return the quizzes with their questions, as far as the API tells them."""


class Draft(StrEnum):
    """What can be published."""

    PAGE = "page"
    ANNOUNCEMENT = "announcement"
    QUIZ = "quiz"


@dataclass(frozen=True)
class Publishing:
    """Something approved, as it is to stand in the LMS. `html` is clean; a quiz has its own.

    `mark` is ours alone: it must be found again in what was made, so that whoever does not know
    whether a first try arrived can look.
    """

    draft: Draft
    mark: str
    title: str
    html: str = ""
    quiz: schema.Quiz | None = None


@dataclass(frozen=True)
class Published:
    """What stands in the LMS; not `whole`: more is to be sent (a quiz's questions)."""

    external_id: str
    url: str = ""
    whole: bool = True


class Publisher(Protocol):
    """How one LMS is written to. What it cannot take, a teacher downloads."""

    takes: frozenset[Draft]

    def find(self, course_id: str, what: Publishing) -> Published | None:
        """Return what an earlier try made, also half of it; raise LMSError."""

    def publish(self, course_id: str, what: Publishing, begun: Published | None) -> Published:
        """Make it, or finish what was `begun`: everything at most once.

        Raises NotSent when nothing left here, LMSUnavailable when some of it may have arrived
        (`find` knows), LMSRefused and LMSNotFound when the LMS will not take it.
        """


@dataclass(frozen=True)
class Client:
    """Tutor.AI as an LMS's OAuth endpoints know it."""

    client_id: str
    secret: str


@dataclass(frozen=True)
class Grant:
    """What a token endpoint gave; `refresh` empty: keep the one there is."""

    access: str
    refresh: str = ""
    seconds: int | None = None  # it is good for
    owner: str = ""  # the LMS's own id of who consented
    scopes: tuple[str, ...] = ()


class OAuth(Protocol):
    """How one LMS asks somebody for consent and gives out tokens.

    Raises LMSUnauthorised for a grant that is over (a person must consent anew), LMSRefused for a
    client or scope it does not know, LMSUnavailable and NotSent when it may be tried again.
    """

    scopes: tuple[str, ...]  # the least we need

    def consent_url(
        self, base_url: str, client: Client, *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return where somebody is sent to consent."""

    def exchange(
        self, base_url: str, client: Client, *, code: str, redirect_uri: str, verifier: str
    ) -> Grant:
        """Return what a code is good for; it is good once."""

    def refresh(self, base_url: str, client: Client, *, refresh: str, redirect_uri: str) -> Grant:
        """Return a new access token; in Canvas the old one is dead at that moment."""

    def own(self, base_url: str, client: Client) -> Grant:
        """Return the application's own token (client credentials); raise LMSRefused without."""

    def revoke(self, base_url: str, bearer: Bearer) -> None:
        """End a token at the LMS, where that can be done."""
