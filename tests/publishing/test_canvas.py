"""The whole way into a Canvas: approved, sent, and there once, also when its answer was lost."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connectors.base import Draft
from tests.conftest import Running
from tests.publishing.quizzes import everything
from tests.sync.making import School, a_school
from tutorai import flows, publishing
from tutorai.ledger import attempts, outbox
from tutorai.ledger.models import Job, Publication
from tutorai.publishing import Wish

State = Publication.State
WISHES = {
    "pages": Wish(Draft.PAGE, "Read this before week 1", text=r"**Now**: \(F = ma\)"),
    "discussion_topics": Wish(Draft.ANNOUNCEMENT, "No lecture on Friday", text="See you Monday."),
    "quizzes": Wish(Draft.QUIZ, "Forces and fields", quiz=everything()),
}


@pytest.fixture(scope="module")
def school(sandbox: Running) -> School:
    """A course that its teacher connected."""
    made = a_school(sandbox)
    made.connect()
    return made


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.DELAYS = 0.0001


def approved(school: School, wish: Wish) -> Publication:
    """What is wished, approved by the teacher."""
    draft = publishing.propose(school.teacher, wish)
    return flows.approve_draft(school.teacher, draft.pk, publishing.seal(draft))


def tried(publication: Publication) -> Job:
    """Attempt its job once, as a worker does; what was under way has run out."""
    rows = Publication.objects.filter(pk=publication.pk).exclude(posted_at=None)
    rows.update(posted_at=timezone.now() - timedelta(minutes=2))
    job = Job.objects.get(kind=outbox.KIND, key=str(publication.pk))
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(due_at=timezone.now())
    attempts.attempt(job.pk, flows.WORK)
    publication.refresh_from_db()
    job.refresh_from_db()
    return job


def there(school: School, what: str, title: str) -> list[dict[str, Any]]:
    """What of that title stands in the LMS."""
    url = f"{school.url}/api/v1/courses/{school.external['id']}/{what}"
    query = {"per_page": "100", "only_announcements": str(what == "discussion_topics").lower()}
    bearer = {"Authorization": f"Bearer {school.token}"}
    found: list[dict[str, Any]] = httpx.get(url, params=query, headers=bearer).json()
    return [one for one in found if one["title"] == title]


@pytest.mark.parametrize("what", WISHES)
def test_what_is_approved_stands_in_canvas_once_though_the_answer_was_lost(
    school: School, what: str
) -> None:
    wish = WISHES[what]
    school.fault("drop", f"/{what}", method="POST")
    if what == "quizzes":  # and one of its questions' answers
        school.fault("drop", "/questions", method="POST", after=2)
    publication = approved(school, wish)

    first = tried(publication)
    waiting = (first.state, first.attempts, first.away_since is not None)
    for _ in range(2 if what == "quizzes" else 1):
        tried(publication)

    assert school.spent()
    assert waiting == (Job.State.WAITING, 0, True)
    (made,) = there(school, what, wish.title)
    assert publication.state == State.DONE
    assert publication.url == made["html_url"]
    if what == "quizzes":
        assert (made["published"], made["question_count"]) == (False, len(everything().questions))
