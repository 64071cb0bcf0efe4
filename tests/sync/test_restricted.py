"""What the LMS restricts reaches, in every place, those alone who are known to meet it."""

from collections.abc import Callable
from uuid import UUID

import pytest

from agents import index, plan, practice, retrieve
from agents.models.talk import Conversation, Message
from agents.tutor import reading, suggest
from tests.sync.scripted import COURSE, Class, a_class, a_member, a_page, work
from tutorai.errors import NotFound
from tutorai.lmsdm import schema, scope
from tutorai.lmsdm.models import ContentItem, User
from tutorai.lmsdm.schema import Actor, Condition, Role, Test, Window

IN_G = Window(condition=Condition(test=Test.GROUP, ids=("g",)))
GATED = Window(condition=Condition(test=Test.DONE, ids=("item:1",)))
SECRET = """<h2>Marmalade engines</h2>
<p>Marmalade engines burn orange peel at noon. A marmalade engine is a machine that turns orange
peel into steam. Every marmalade engine needs a boiler for the steam and a grate for the peel.
The boiler of a marmalade engine is made of copper.</p>"""
QUESTION = "What do marmalade engines burn?"


@pytest.fixture(scope="module")
def there() -> Class:
    """A course read once; its tests change nothing of it."""
    made = a_class(
        items=[
            a_page(1, title="Marmalade", body=SECRET, window=IN_G),
            a_page(2, title="Gated", body="<p>Zeppelin custard is gated.</p>", window=GATED),
            a_page(3, title="Free", body="<p>Force is mass times acceleration.</p>"),
        ],
        nodes=[
            schema.TocNode(
                node_id=f"item:{number}", course_id=COURSE, item_id=f"page:{number}", title="Line"
            )
            for number in (1, 2, 3)
        ],
        work=[work(1, window=IN_G), work(2, window=GATED), work(3)],
        cut=[schema.Part(part_id="g", course_id=COURSE, is_group=True)],
        members=[a_member("1", groups=("g",)), a_member("2", groups=())],
    )
    made.people = {own: made.launched(own, f"Person {own}") for own in ("1", "2", "3")}
    made.read()
    for item in made.told:
        index.index_item(item)
    index.embed_pending(made.course.pk)
    return made


def actor(there: Class, user: User, role: Role = Role.STUDENT) -> Actor:
    return Actor(
        institution_id=there.course.institution_id,
        user_id=user.pk,
        course_id=there.course.pk,
        role=role,
    )


def item(there: Class, title: str) -> ContentItem:
    return there.course.items.get(title=title)


def found(who: Actor) -> bool:
    return "Marmalade" in {one.title for one in retrieve.search(who, QUESTION).passages}


def in_contents(who: Actor) -> bool:
    return scope.toc(who).filter(source_id="item:1").exists()


def in_assignments(who: Actor) -> bool:
    return scope.assignments(who).filter(title="Work 1").exists()


def in_plan(who: Actor) -> bool:
    return "Work 1" in {one.title for one in plan.plan(who).undated}


def in_practice(who: Actor) -> bool:
    made, _sets = practice.exercises(who, None, 0)
    return any(one.title == "Marmalade" for one in made)


def suggested(who: Actor) -> bool:
    return any("armalade" in one for one in suggest.questions(who))


PLACES = [found, in_contents, in_assignments, in_plan, in_practice, suggested]


@pytest.mark.parametrize("sees", PLACES, ids=lambda each: each.__name__)
def test_a_thing_for_one_group_is_there_for_that_group_alone(
    there: Class, sees: Callable[[Actor], bool]
) -> None:
    member, other, unknown = (actor(there, there.people[own]) for own in ("1", "2", "3"))

    assert [sees(member), sees(other), sees(unknown)] == [True, False, False]


def test_what_asks_for_what_we_cannot_tell_is_there_for_no_student_and_shown_to_staff(
    there: Class,
) -> None:
    gated = item(there, "Gated")
    student = actor(there, there.people["1"])
    teacher = actor(there, there.people["2"], Role.TEACHER)

    assert not scope.items(student).filter(pk=gated.pk).exists()
    assert scope.items(teacher).filter(pk=gated.pk).exists()
    asked = "What is zeppelin custard?"
    assert "Gated" not in {one.title for one in retrieve.search(teacher.as_student, asked).passages}


@pytest.mark.parametrize("about", ["item", "assignment"])
def test_a_link_to_a_restricted_thing_opens_for_its_group_alone(there: Class, about: str) -> None:
    rows = there.course.items if about == "item" else there.course.assignments
    pk: UUID = rows.get(title="Marmalade" if about == "item" else "Work 1").pk

    def opens(own: str) -> bool:
        return scope.thing(actor(there, there.people[own]), about, pk) is not None

    assert [opens("1"), opens("2"), opens("3")] == [True, False, False]


def test_a_citation_of_what_somebody_may_not_see_any_more_shows_nothing_of_it(
    there: Class,
) -> None:
    secret = item(there, "Marmalade")
    quote = "Marmalade engines burn orange peel at noon."
    cited = {
        "n": 1,
        "item_id": str(secret.pk),
        "item_hash": secret.sha256,
        "title": "Marmalade",
        "quote": quote,
        "url": "",
    }

    def reread(own: str) -> tuple[str, str]:
        user = there.people[own]
        talk = Conversation.objects.create(
            institution=there.course.institution, user=user, course=there.course
        )
        said = Message.objects.create(
            conversation=talk, user=user, role="tutor", text=f"> {quote} [1]", citations=[cited]
        )
        who = actor(there, user)
        shown = reading.passage(who, said.pk, 1)
        return shown["passage"], reading.opened(who, talk.pk)["messages"][0]["text"]

    assert all(quote in told for told in reread("1"))
    assert not any(quote in told for told in reread("2"))


def test_nothing_of_it_is_told_to_who_is_not_in_the_course(there: Class) -> None:
    stranger = actor(there, there.people["1"]).model_copy(update={"course_id": None})

    with pytest.raises(NotFound):
        scope.course(stranger, there.course.pk)
