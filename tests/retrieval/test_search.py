"""Search: who finds what, in which order, and when nothing is there to be found."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import ground, index, retrieve
from tests.retrieval import making
from tutorai.lmsdm.models import ContentItem, Course, TocNode

NOW = timezone.now()
DAY = timedelta(days=1)


def titles(actor: Any, question: str, **options: Any) -> list[str]:
    found = retrieve.search(actor, question, **options)
    return list(dict.fromkeys(passage.title for passage in found.passages))


def with_a_secret(**window: Any) -> Course:
    """A course with one page whose window is given; it alone speaks of volcanoes."""
    course = making.filled()
    page = making.a_page(course, "Volcano", "<p>Magma rises in a volcano.</p>", **window)
    making.indexed(page)
    index.embed_pending(course.pk)
    return course


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What slows down a block that slides?", "Friction"),
        ("How do plants make sugar?", "Photosynthesis"),
        ("When does a recursive function stop?", "Recursion"),
    ],
)
def test_a_question_finds_the_page_that_answers_it(question: str, title: str) -> None:
    found = retrieve.search(making.an_actor(making.filled()), question)

    assert found.passages[0].title == title
    assert found.floor_passed


HIDDEN = [
    {"published": False},
    {"available_from": NOW + DAY},
    {"available_until": NOW - DAY},
    {"sections": ("7",)},
    {"sections": ()},
]


@pytest.mark.parametrize("window", HIDDEN, ids=lambda window: next(iter(window)))
@pytest.mark.parametrize("role", ["student", "observer", "guest"])
def test_a_hidden_page_is_never_found_by_those_it_is_hidden_from(
    window: dict[str, Any], role: str
) -> None:
    actor = making.an_actor(with_a_secret(**window), role, sections=("8",))

    assert "Volcano" not in titles(actor, "magma in a volcano", k=50)


@pytest.mark.parametrize("window", HIDDEN, ids=lambda window: next(iter(window)))
def test_a_teacher_finds_what_is_hidden_from_students(window: dict[str, Any]) -> None:
    actor = making.an_actor(with_a_secret(**window), "teacher")

    assert titles(actor, "magma in a volcano")[0] == "Volcano"


def test_a_page_for_one_section_is_found_by_its_members() -> None:
    actor = making.an_actor(with_a_secret(sections=("7",)), sections=("5", "7"))

    assert titles(actor, "magma in a volcano")[0] == "Volcano"


def test_a_page_that_is_unpublished_leaves_at_once() -> None:
    course = with_a_secret()
    actor = making.an_actor(course)
    before = titles(actor, "magma in a volcano")

    ContentItem.objects.filter(course=course, title="Volcano").update(published=False)

    assert before[0] == "Volcano"
    assert "Volcano" not in titles(actor, "magma in a volcano", k=50)


def test_a_page_the_lms_deleted_leaves_before_anything_is_indexed_again() -> None:
    course = with_a_secret()
    ContentItem.objects.filter(course=course, title="Volcano").update(deleted_at=NOW)

    assert "Volcano" not in titles(making.an_actor(course, "teacher"), "magma in a volcano")


def test_hidden_pages_change_no_score() -> None:
    course = making.filled()
    actor = making.an_actor(course)
    before = retrieve.search(actor, "kinetic friction of a block")
    for number in range(5):
        hidden = making.a_page(
            course, f"Draft {number}", "<p>Kinetic friction of a block.</p>", published=False
        )
        making.indexed(hidden)

    assert retrieve.search(actor, "kinetic friction of a block") == before


def test_another_course_is_never_searched() -> None:
    with_a_secret()
    course = making.filled()

    assert "Volcano" not in titles(making.an_actor(course), "magma in a volcano", k=50)


def test_an_actor_of_another_institution_finds_nothing() -> None:
    course, other = making.filled(), making.filled()
    actor = making.an_actor(course).model_copy(update={"institution_id": other.institution_id})

    assert retrieve.search(actor, "friction").passages == ()


def test_an_actor_without_a_course_finds_nothing() -> None:
    actor = making.an_actor(making.filled()).model_copy(update={"course_id": None})

    assert retrieve.search(actor, "friction") == retrieve.Retrieval((), False, 0.0, "words")


def test_a_course_without_material_has_no_answer() -> None:
    found = retrieve.search(making.an_actor(making.a_course()), "What is friction?")

    assert (found.passages, found.floor_passed) == ((), False)


@pytest.mark.parametrize(
    "question", ["Who won the world cup in 1998?", "best pizza in town", "asdf qwer zxcv"]
)
def test_a_question_about_something_else_stays_under_the_floor(question: str) -> None:
    assert not retrieve.search(making.an_actor(making.filled()), question).floor_passed


def test_a_question_about_something_else_stays_under_the_floor_of_words_too() -> None:
    course = making.a_course()
    for title, html in making.PAGES.items():
        making.indexed(making.a_page(course, title, html))
    actor = making.an_actor(course)

    assert not retrieve.search(actor, "Who won the world cup in 1998?").floor_passed
    assert retrieve.search(actor, "kinetic friction").floor_passed


@pytest.mark.parametrize("question", ["", "   ", "???", "the of and", "\x00", "%s %(x)s {0}", "🙂"])
def test_a_question_without_words_is_answered_calmly(question: str) -> None:
    found = retrieve.search(making.an_actor(making.filled()), question)

    assert len(found.passages) <= 8


def test_a_pasted_essay_is_a_question_too() -> None:
    found = retrieve.search(making.an_actor(making.filled()), "friction and sugar " * 5000)

    assert found.passages


def test_no_more_passages_than_asked_for() -> None:
    assert len(retrieve.search(making.an_actor(making.filled()), "function", k=2).passages) == 2


def test_where_the_student_stands_decides_between_equals() -> None:
    same = "<p>Energy is conserved in a closed system.</p>"
    course = making.filled({"Energy one": same, "Energy two": same, "Energy three": same})
    items = {item.title: item for item in ContentItem.objects.filter(course=course)}
    actor = making.an_actor(course)

    for title, item in items.items():
        assert titles(actor, "Is energy conserved?", near=item.pk)[0] == title


def test_the_module_the_student_stands_in_counts_for_its_pages() -> None:
    same = "<p>Energy is conserved in a closed system.</p>"
    course = making.filled({"Energy one": same, "Energy two": same, "Energy three": same})
    item = ContentItem.objects.get(course=course, title="Energy two")
    fields = {"course": course, "source": "test", "kind": "heading"}
    module = TocNode.objects.create(source_id="m1", **fields)
    TocNode.objects.create(source_id="n1", parent=module, item=item, **fields)

    assert titles(making.an_actor(course), "Is energy conserved?", near=module.pk)[0] == item.title


def test_a_place_that_is_not_of_this_course_changes_nothing() -> None:
    actor = making.an_actor(making.filled())

    there = retrieve.search(actor, "friction", near=making.somewhere_else())

    assert there == retrieve.search(actor, "friction")


def test_a_draft_that_says_what_the_passages_say_is_better_grounded() -> None:
    question = "What slows down a block that slides?"
    passages = retrieve.search(making.an_actor(making.filled()), question).passages

    true = ground.check("Kinetic friction, which grows with the normal force.", question, passages)
    made_up = ground.check("Quarks exchange gluons under supersymmetry.", question, passages)

    assert true.supported
    assert true.score > made_up.score


def test_without_a_draft_the_question_is_judged() -> None:
    actor = making.an_actor(making.filled())
    here, away = "How do plants make sugar with chlorophyll?", "Who won the world cup?"

    good = ground.check(None, here, retrieve.search(actor, here).passages)
    bad = ground.check(None, away, retrieve.search(actor, away).passages)

    assert good.supported
    assert good.score > bad.score


def test_words_alone_are_enough_to_judge() -> None:
    course = making.a_course()
    making.indexed(making.a_page(course, "Friction", making.PAGES["Friction"]))
    question = "What is kinetic friction?"
    passages = retrieve.search(making.an_actor(course), question).passages

    assert ground.check(None, question, passages).score > 0.2
    assert ground.check("It grows with the normal force.", question, passages).supported


def test_an_answer_without_passages_is_never_supported() -> None:
    assert ground.check("Friction slows it.", "What slows it?", ()) == ground.Grounding(
        0.0, False, {}
    )


def test_a_page_in_a_language_the_embedder_does_not_know_is_found_by_its_words() -> None:
    english = "A block that slides on a table is slowed by kinetic friction, and gets warm. " * 6
    spanish = "La fricción cinética frena el bloque que se desliza por la mesa. " * 6
    pages = {f"Part {n}": f"<p>{english}</p>" for n in range(3)}
    course = making.filled({**pages, "Glosario": f"<p>{spanish}</p>"})

    found = retrieve.search(making.an_actor(course), "¿Qué frena el bloque en la mesa?")

    assert found.mode == "hybrid"
    assert found.floor_passed
    assert found.passages[0].title == "Glosario"
