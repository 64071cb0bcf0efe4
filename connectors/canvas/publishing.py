"""What is written into a Canvas: pages, announcements, classic quizzes as drafts.

Canvas knows no idempotency key: our mark is the id of an element around what we wrote, which its
sanitiser keeps. A second page of one title gets another address instead of an error, so whoever
does not know whether the first arrived looks before trying again. A quiz's questions are sent one
by one, in order; how many are there says which is next; its points are counted when it is saved
once more.

Source: https://canvas.instructure.com/doc/api/pages.html, discussion_topics.html, quizzes.html,
quiz_questions.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base import Draft, Published, Publishing, Tokens
from connectors.canvas import payloads, questions
from connectors.canvas.payloads import Id, Words
from connectors.canvas.wire import Wire
from connectors.payload import Payload
from tutorai.errors import LMSRefused
from tutorai.lmsdm import schema

SHORT = 3  # letters of a title, below which Canvas searches for nothing


class Topic(Payload):
    id: Id
    message: Words = ""
    html_url: Words = ""


class Publisher:
    """One Canvas, written to with one person's token (`connectors.base.Publisher`)."""

    takes = frozenset(Draft)

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._wire = Wire(base_url, tokens)

    def find(self, course_id: str, what: Publishing) -> Published | None:
        """Return what an earlier try made; of a quiz, also one with questions missing."""
        match what.draft:
            case Draft.PAGE:
                return self._find_page(course_id, what)
            case Draft.ANNOUNCEMENT:
                return self._find_announcement(course_id, what)
            case Draft.QUIZ:
                return self._find_quiz(course_id, what)

    def publish(self, course_id: str, what: Publishing, begun: Published | None) -> Published:
        """Make it, or finish the quiz that was begun."""
        match what.draft:
            case Draft.PAGE:
                return begun or self._make_page(course_id, what)
            case Draft.ANNOUNCEMENT:
                return begun or self._announce(course_id, what)
            case Draft.QUIZ:
                return self._finish(course_id, what, begun or self._make_quiz(course_id, what))

    # --- pages ----------------------------------------------------------------------------

    def _make_page(self, course_id: str, what: Publishing) -> Published:
        sent = {"title": what.title, "body": _marked(what), "published": "true"}
        form = {f"wiki_page[{name}]": value for name, value in sent.items()}
        return self._page(self._wire.post(f"courses/{course_id}/pages", form), course_id)

    def _find_page(self, course_id: str, what: Publishing) -> Published | None:
        """Look through the pages of that title; their texts come one by one."""
        for told in self._search(course_id, "pages", what.title):
            page = payloads.read(payloads.Page, told)
            whole = self._wire.large(f"courses/{course_id}/pages/page_id:{page.page_id}")
            if what.mark in (payloads.read(payloads.Page, whole).body or ""):
                return self._page(told, course_id)
        return None

    def _page(self, told: Any, course_id: str) -> Published:
        page = payloads.read(payloads.Page, told)
        url = page.html_url or f"{self._wire.base}/courses/{course_id}/pages/{page.url}"
        return Published(f"page:{page.page_id}", url)

    # --- announcements --------------------------------------------------------------------

    def _announce(self, course_id: str, what: Publishing) -> Published:
        form = {"title": what.title, "message": _marked(what), "is_announcement": "true"}
        return _topic(self._wire.post(f"courses/{course_id}/discussion_topics", form))

    def _find_announcement(self, course_id: str, what: Publishing) -> Published | None:
        only = {"only_announcements": "true"}
        for told in self._search(course_id, "discussion_topics", what.title, only):
            if what.mark in payloads.read(Topic, told).message:
                return _topic(told)
        return None

    # --- quizzes --------------------------------------------------------------------------

    def _make_quiz(self, course_id: str, what: Publishing) -> Published:
        form = questions.form(_asked(what), what.mark)
        return _quiz(self._wire.post(f"courses/{course_id}/quizzes", form), whole=False)

    def _find_quiz(self, course_id: str, what: Publishing) -> Published | None:
        wanted = len(_asked(what).questions)
        for told in self._search(course_id, "quizzes", _asked(what).title):
            found = payloads.read(questions.Quiz, told)
            if what.mark in found.description:
                there = len(list(self._wire.pages(self._questions(course_id, found.id))))
                return _quiz(told, whole=there >= wanted and found.question_count >= wanted)
        return None

    def _finish(self, course_id: str, what: Publishing, begun: Published) -> Published:
        """Add the questions that are not there yet, and have the points counted."""
        if begun.whole:
            return begun
        quiz_id = begun.external_id.partition(":")[2]
        path = self._questions(course_id, quiz_id)
        there = len(list(self._wire.pages(path)))
        for position, question in enumerate(_asked(what).questions, 1):
            if position > there:
                self._wire.post(path, questions.question_form(question, position))
        saved = self._wire.put(
            f"courses/{course_id}/quizzes/{quiz_id}",
            {"quiz[published]": "false", "quiz[notify_of_update]": "false"},
        )
        return _quiz(saved, whole=True)

    def _questions(self, course_id: str, quiz_id: str) -> str:
        return f"courses/{course_id}/quizzes/{quiz_id}/questions"

    def _search(
        self, course_id: str, what: str, title: str, query: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        """Yield what has that title in its own; everything, where it is too short to search."""
        term = {"search_term": title} if len(title) >= SHORT else {}
        return self._wire.pages(f"courses/{course_id}/{what}", **{**(query or {}), **term})


def _marked(what: Publishing) -> str:
    return f'<div id="{what.mark}">{what.html}</div>'


def _asked(what: Publishing) -> schema.Quiz:
    """Return the quiz there is to publish; raise LMSRefused without one."""
    if what.quiz is None:
        raise LMSRefused()
    return what.quiz


def _topic(told: Any) -> Published:
    topic = payloads.read(Topic, told)
    return Published(f"announcement:{topic.id}", topic.html_url)


def _quiz(told: Any, *, whole: bool) -> Published:
    quiz = payloads.read(questions.Quiz, told)
    return Published(f"quiz:{quiz.id}", quiz.html_url, whole)
