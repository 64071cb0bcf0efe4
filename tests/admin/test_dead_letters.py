"""Dead letters: found, read in words, retried, discarded with a reason; by who may, and no other."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests import factories
from tests.admin.test_staff_site import Browser, an_account, listed, opened
from tests.conftest import Running
from tutorai import letters
from tutorai.flows import WORK
from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.ledger.trail import AuditEvent
from tutorai.models import Account, DeadLetter

HERE = listed(DeadLetter)
QUEUE = "nowhere"


def a_letter(**fields: Any) -> Job:
    """A job that was buried just now."""
    told = {
        "kind": "sync_course",
        "queue": QUEUE,
        "state": Job.State.BURIED,
        "error": "lms_refused",
        "attempts": 1,
        "payload": {"connector": str(new_id())},
        "finished_at": timezone.now(),
    }
    return Job.objects.create(**{**told, **fields})


def staff(*rights: str) -> Account:
    """Somebody of the staff with some rights on jobs."""
    account = an_account(is_staff=True)
    codes = [f"{right}_job" for right in rights]
    account.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return account


def entered(tool: Running, account: Account) -> Iterator[Browser]:
    with httpx.Client(base_url=tool.url, follow_redirects=True, timeout=30) as http:
        browser = Browser(http)
        browser.sign_in(account.email)
        yield browser


@pytest.fixture(scope="module")
def account(database: None) -> Account:
    """An operator who may see and mend jobs, and nothing else."""
    return staff("view", "change")


@pytest.fixture(scope="module")
def operator(tool: Running, account: Account) -> Iterator[Browser]:
    yield from entered(tool, account)


@pytest.fixture(scope="module")
def viewer(tool: Running) -> Iterator[Browser]:
    """Somebody who may look at jobs."""
    yield from entered(tool, staff("view"))


def state(job: Job) -> tuple[str, str]:
    job.refresh_from_db()
    return job.state, job.reason


def remembered(job: Job) -> list[tuple[str, str, Any]]:
    """What was written down of a job: the deed, and who did it."""
    told = AuditEvent.objects.filter(object=job.pk, object_kind="job")
    return list(told.values_list("verb", "actor_kind", "actor"))


def until(page: httpx.Response) -> str:
    """Return when the page that asks for a reason was opened."""
    found = re.search(r'name="until" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


# --- looking --------------------------------------------------------------------------------


def test_the_list_shows_what_is_buried_and_nothing_that_lives(operator: Browser) -> None:
    letter, waiting = a_letter(), a_letter(state="waiting", finished_at=None)
    gone = a_letter(state="discarded", reason="It was a test.")

    page, discarded = operator.get(HERE).text, operator.get(f"{HERE}?pile=discarded").text
    both = operator.get(f"{HERE}?pile=both").text

    assert [str(job.pk) in page for job in (letter, waiting, gone)] == [True, False, False]
    assert [str(job.pk) in discarded for job in (letter, waiting, gone)] == [False, False, True]
    assert [str(job.pk) in both for job in (letter, waiting, gone)] == [True, False, True]
    assert "It was a test." in discarded


@pytest.mark.parametrize(
    ("query", "like", "unlike"),
    [
        ("kind=embed_course", {"kind": "embed_course"}, {}),
        ("error=bug", {"error": "bug"}, {}),
        (f"queue={QUEUE}2", {"queue": f"{QUEUE}2"}, {}),
        ("age=hour", {}, {"finished_at": timezone.now() - timedelta(hours=2)}),
        ("age=day", {}, {"finished_at": timezone.now() - timedelta(days=2)}),
        ("age=week", {}, {"finished_at": timezone.now() - timedelta(days=8)}),
        ("age=older", {"finished_at": timezone.now() - timedelta(days=8)}, {}),
        ("age=nonsense", {}, {"state": "done"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_letters_are_filtered(
    operator: Browser, query: str, like: dict[str, Any], unlike: dict[str, Any]
) -> None:
    wanted, other = a_letter(**like), a_letter(**unlike)

    page = operator.get(f"{HERE}?{query}").text

    assert str(wanted.pk) in page
    assert str(other.pk) not in page


def test_letters_are_filtered_by_school_and_found_by_id_and_key(operator: Browser) -> None:
    letter = a_letter(institution=factories.an_institution(), key=str(new_id()))
    other = a_letter()
    asked = [
        f"institution__id__exact={letter.institution_id}",
        f"q={letter.pk}",
        f"q={str(letter.key)[10:]}",
    ]

    pages = [operator.get(f"{HERE}?{query}").text for query in asked]

    assert [str(letter.pk) in page for page in pages] == [True, True, True]
    assert [str(other.pk) in page for page in pages] == [False, False, False]


def test_a_letter_says_what_it_was_about_and_why_it_failed_without_a_persons_name(
    operator: Browser,
) -> None:
    course = factories.a_course()
    asked_by = factories.a_user(course.institution, name="Zenobia")
    letter = a_letter(course=course, institution=course.institution, asked_by=asked_by)

    page = operator.get(f"{HERE}{letter.pk}/change/").text

    assert "Read a course from its learning platform: course " + str(course.pk) in page
    assert letter.payload["connector"] in page
    assert "The learning platform does not allow this." in page
    assert "Zenobia" not in page


def test_every_kind_of_work_has_words_for_its_letters() -> None:
    assert [kind for kind in WORK if letters.kind(kind) == kind] == []
    assert letters.about(Job(kind="gone")) == "gone"


def test_the_menu_counts_the_letters_on_every_page(operator: Browser, viewer: Browser) -> None:
    a_letter()
    count = Job.objects.filter(state="buried").count()

    menus = [browser.get("/admin/").text for browser in (operator, viewer)]

    assert [re.search(rf">\s*{count}\s*</span>", menu) is not None for menu in menus] == [True] * 2


def test_the_menu_has_no_number_when_nothing_waits(operator: Browser) -> None:
    Job.objects.filter(state="buried").delete()

    page = operator.get("/admin/").text

    assert "Dead letters" in page
    assert not re.search(r">\s*\d+\s*</span>", page)


# --- retrying -------------------------------------------------------------------------------


def test_one_or_many_letters_are_retried(operator: Browser, account: Account) -> None:
    chosen, left = [a_letter(), a_letter()], a_letter()

    answer = operator.act(DeadLetter, "retry", *chosen)

    assert "2 jobs wait to run again." in answer.text
    assert [state(job)[0] for job in (*chosen, left)] == ["waiting", "waiting", "buried"]
    assert remembered(chosen[0]) == [("job.replay", "account", account.pk)]


def test_the_page_of_a_letter_has_both_buttons_and_they_work(operator: Browser) -> None:
    letter = a_letter()
    page = operator.get(f"{HERE}{letter.pk}/change/").text

    assert page.count(f'name="_selected_action" value="{letter.pk}"') == 2
    operator.post(HERE, {"action": "retry", "_selected_action": str(letter.pk)})

    assert state(letter)[0] == "waiting"
    assert "_selected_action" not in operator.get(opened(letter)).text


def test_a_letter_whose_work_was_asked_for_anew_stays_and_says_so(operator: Browser) -> None:
    letter = a_letter(key=str(new_id()))
    a_letter(key=letter.key, state="waiting", finished_at=None)

    answer = operator.act(DeadLetter, "retry", letter)

    assert "0 jobs wait to run again." in answer.text
    assert "1 job was asked for anew meanwhile" in answer.text
    assert state(letter)[0] == "buried"
    assert remembered(letter) == []


# --- discarding -----------------------------------------------------------------------------


def test_letters_are_discarded_with_a_reason_that_is_shown_and_by_whom(
    operator: Browser, account: Account
) -> None:
    chosen, left = [a_letter(), a_letter()], a_letter()
    asked = operator.act(DeadLetter, "discard", *chosen)

    answer = operator.act(
        DeadLetter, "discard", *chosen, reason="The course is gone.", until=until(asked)
    )

    assert "Discard 2 jobs?" in asked.text
    assert "2 jobs discarded." in answer.text
    gone = ("discarded", "The course is gone.")
    assert [state(job) for job in (*chosen, left)] == [gone, gone, ("buried", "")]
    assert chosen[0].discarded_by == account.pk
    assert remembered(chosen[0]) == [("job.discard", "account", account.pk)]
    listed_gone = operator.get(f"{HERE}?pile=discarded").text
    assert "The course is gone." in listed_gone
    assert account.email in listed_gone


def test_without_a_reason_nothing_is_discarded(operator: Browser) -> None:
    letter = a_letter()
    asked = operator.act(DeadLetter, "discard", letter)

    answer = operator.act(DeadLetter, "discard", letter, reason="  ", until=until(asked))

    assert "This field is required." in answer.text
    assert state(letter)[0] == "buried"


def test_what_is_buried_after_the_page_was_opened_is_not_discarded_with_all_of_them(
    operator: Browser,
) -> None:
    seen = a_letter(kind="seen")
    across = {"select_across": "1", "index": "0"}
    query = f"{HERE}?kind=seen"
    fields = {"action": "discard", "_selected_action": str(seen.pk), **across}
    asked = operator.post(query, fields)
    unseen = a_letter(kind="seen")

    del fields["index"]
    operator.post(query, {**fields, "reason": "Old.", "until": until(asked)})

    assert [state(job)[0] for job in (seen, unseen)] == ["discarded", "buried"]


def test_many_are_named_up_to_a_length_and_what_is_not_buried_needs_no_reason(
    operator: Browser,
) -> None:
    many = [a_letter() for _ in range(12)]
    done = a_letter(state="discarded")

    asked = operator.act(DeadLetter, "discard", *many)
    url = f"{HERE}?pile=both"
    none = operator.post(url, {"action": "discard", "_selected_action": str(done.pk)})

    assert "and 2 more" in asked.text
    assert "None of these is buried." in none.text


# --- rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_who_may_only_look_can_change_nothing(viewer: Browser, action: str) -> None:
    letter = a_letter()
    fields = {"reason": "x", "until": timezone.now().isoformat()}

    page = viewer.get(f"{HERE}{letter.pk}/change/")
    viewer.act(DeadLetter, action, letter, **fields)

    assert page.status_code == 200
    assert "_selected_action" not in page.text
    assert state(letter)[0] == "buried"


def test_who_has_no_right_on_jobs_sees_no_letters(tool: Running) -> None:
    for stranger in entered(tool, staff()):
        assert stranger.get(HERE).status_code == 403
        assert "Dead letters" not in stranger.get("/admin/").text


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_nothing_happens_by_opening_an_address(operator: Browser, action: str) -> None:
    letter = a_letter()

    operator.get(f"{HERE}?action={action}&_selected_action={letter.pk}&reason=x")

    assert state(letter)[0] == "buried"


# --- from the command line ------------------------------------------------------------------


def replayed(*words: str) -> Any:
    said = StringIO()
    call_command("replay", *words, stdout=said)
    return json.loads(said.getvalue())


def test_the_command_runs_again_what_its_options_leave() -> None:
    school = factories.an_institution()
    long_ago = timezone.now() - timedelta(hours=3)
    old = a_letter(institution=school, kind="old", queue="q", error="e", finished_at=long_ago)
    young = a_letter(institution=school)
    words = ["--institution", school.slug]
    narrow = ["--kind", "old", "--queue", "q", "--error", "e", "--older", "2", "--limit", "1"]

    told = replayed(*words, *narrow)

    assert told == {"replayed": 1, "jobs": [str(old.pk)], "dry_run": False}
    assert [state(job)[0] for job in (old, young)] == ["waiting", "buried"]
    assert remembered(old) == [("job.replay", "system", None)]


def test_the_command_runs_named_jobs_again_the_oldest_first_and_may_rehearse() -> None:
    young, old = a_letter(), a_letter(finished_at=timezone.now() - timedelta(days=1))
    ids = [str(old.pk), str(young.pk)]

    rehearsed = replayed("--dry-run", *reversed(ids))
    told = replayed(*reversed(ids))

    assert rehearsed == {"replayed": 0, "jobs": ids, "dry_run": True}
    assert told == {"replayed": 2, "jobs": ids, "dry_run": False}


@pytest.mark.parametrize(
    "words", [["--limit", "0"], ["--institution", "nowhere"], ["no-id"]], ids=" ".join
)
def test_the_command_refuses_what_makes_no_sense(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("replay", *words)
