"""Practice: which sentences are asked, what counts as right, and that nothing is told before."""

import html
import re
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from agents import cloze, items, practice, words
from agents.models.learning import Try
from agents.models.talk import Conversation, Message
from lti.models import Placement
from tests.practice import making as practising
from tests.retrieval import making
from tutorai import once
from tutorai.errors import NotFound, NotOpen, NotYours
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Actor
from tutorai.web import placed

FRICTION = (
    "<h2>Kinetic friction</h2><p>A sliding block is slowed down by friction, which grows with the "
    "normal force of the floor. Friction turns the energy of the motion into heat on both sides. "
    "The normal force stands at a right angle to the floor on which the block is sliding. "
    "It is larger for heavy blocks. See figure 3 for a picture of the block on the floor below. "
    "Friction, Newton, Kepler, Galileo and Hooke met Euler, Gauss and Bernoulli in Basel.</p>"
    "<pre><code>friction = normal * 0.3  # a line of code that is not a sentence at all.</code></pre>"
)
ENERGY = (
    "<h2>Energy</h2><p>Kinetic energy is what a moving body has because of its speed and its mass. "
    "A body at rest has no kinetic energy, and a fast body of small mass may have much energy.</p>"
)


@pytest.fixture
def course() -> Course:
    return making.filled({"Friction": FRICTION, "Energy": ENERGY}, opened_at=timezone.now())


def item(course: Course, title: str) -> ContentItem:
    return ContentItem.objects.get(course=course, title=title)


def asked(actor: Actor, *titles: str) -> list[practice.Exercise]:
    pks = [item(Course.objects.get(pk=str(actor.course_id)), title).pk for title in titles] or None
    return practice.exercises(actor, pks, 0)[0]


def test_whole_sentences_that_stand_alone_are_asked_and_nothing_else(course: Course) -> None:
    made = asked(making.an_actor(course), "Friction")

    sentences = {one.before + "…" + one.after for one in made}
    assert len(made) == len(sentences) >= 2
    for sentence in sentences:
        assert sentence.count("…") == 1
        assert not sentence.startswith("It is larger")
        assert not {"figure", "Kepler", "code"} & set(sentence.split())


def test_the_word_that_is_left_out_is_what_the_page_is_about(course: Course) -> None:
    actor = making.an_actor(course)
    made = asked(actor, "Energy")

    told = [practice.check(actor, one.token, "").word.casefold() for one in made]
    assert "kinetic" in told or "energy" in told
    assert not {"what", "body's", "because", "much"} & set(told)


def test_nothing_of_the_answer_is_told_before_it_is_tried(course: Course) -> None:
    actor = making.an_actor(course)
    page = placed._practice(RequestFactory().get("/"), actor).content.decode()
    gaps = page.split('name="token" value="')[1:]

    assert gaps
    for gap in gaps:
        token = html.unescape(gap[: gap.index('"')])
        word = practice.check(actor, token, "").word
        shown = html.unescape(re.sub(r"<[^>]*>", " ", gap[gap.index(">") :]))
        assert words.terms(word)[0] not in words.terms(shown)
        assert word not in token


@pytest.mark.parametrize(
    ("said", "word", "language", "right", "spelt"),
    [
        ("friction", "friction", "en", True, True),
        (" Friction. ", "friction", "en", True, True),
        ("FRICTIONS", "friction", "en", True, True),
        ("the friction", "friction", "en", True, True),
        ("fricton", "friction", "en", True, False),
        ("friccion", "fricción", "es", True, True),
        ("fuerzas", "fuerza", "es", True, True),
        ("force", "friction", "en", False, False),
        ("", "friction", "en", False, False),
        ("heat", "beat", "en", False, False),  # short words are spelt, or they are others
        ("friction energy force mass heat", "friction", "en", False, False),
        ("Reibung", "Reibung", "", True, True),
        ("\x00" * 50, "friction", "en", False, False),
    ],
)
def test_an_answer_is_judged_by_what_it_says(
    said: str, word: str, language: str, right: bool, spelt: bool
) -> None:
    assert practice.judge(said, word, language) == (right, spelt)


def test_a_right_answer_shows_where_the_sentence_stands(course: Course) -> None:
    actor = making.an_actor(course)
    one = asked(actor, "Friction")[0]
    word = practice.check(actor, one.token, "").word

    told = practice.check(actor, one.token, word.upper())

    assert (told.right, told.title) == (True, "Friction")
    assert told.quote == one.before + told.word + one.after
    assert told.quote in told.passage
    assert told.url.startswith("https://lms.example.edu/pages/friction#")


def test_a_page_that_is_hidden_now_asks_and_tells_nothing(course: Course) -> None:
    actor, teacher = making.an_actor(course), making.an_actor(course, "teacher")
    one = asked(actor, "Friction")[0]
    ContentItem.objects.filter(course=course, title="Friction").update(published=False)

    assert asked(actor, "Friction") == asked(teacher, "Friction") == []
    with pytest.raises(NotFound):
        practice.check(actor, one.token, "friction")


def test_questions_of_another_course_and_made_up_ones_are_not_there(course: Course) -> None:
    one = asked(making.an_actor(course))[0]
    other = making.an_actor(making.filled(opened_at=timezone.now()))

    for actor, token in ((other, one.token), (other, "nonsense"), (other, one.token[:-2] + "xx")):
        with pytest.raises(NotFound):
            practice.check(actor, token, "friction")


def test_a_page_that_changed_meanwhile_is_asked_anew(course: Course) -> None:
    actor = making.an_actor(course)
    one = asked(actor, "Friction")[0]
    row = item(course, "Friction")
    row.chunks.update(text="Friction is quite another thing.")

    with pytest.raises(NotFound):
        practice.check(actor, one.token, "friction")


def test_practice_is_for_those_who_may_ask_and_once_the_course_is_open(course: Course) -> None:
    with pytest.raises(NotYours):
        practice.exercises(making.an_actor(course, "observer"), None, 0)
    Course.objects.filter(pk=course.pk).update(opened_at=None)
    with pytest.raises(NotOpen):
        practice.exercises(making.an_actor(course), None, 0)
    assert practice.exercises(making.an_actor(course, "teacher"), None, 0)[0]


def test_no_words_that_are_answered_are_stored_only_whether_they_were_right(course: Course) -> None:
    actor = practising.a_student(course)
    one = asked(actor)[0]
    before = [model.objects.count() for model in (Conversation, Message, Job)]

    items.answer(actor, one.token, "an answer of my own")

    assert [model.objects.count() for model in (Conversation, Message, Job)] == before
    [row] = Try.objects.filter(user_id=actor.user_id).values()
    assert "an answer of my own" not in str(row)
    assert {"/pages/practice/check", "/pages/practice/hint"} <= once.EXEMPT


def test_the_same_set_comes_the_same_and_the_next_one_goes_on() -> None:
    pages = {
        f"Page {name}": "".join(
            f"<p>The {name}{letter}rum stands here for a matter of great weight in that lesson.</p>"
            for letter in "abcdef"
        )
        for name in ("kolp", "mirf", "dant")
    }
    course = making.filled(pages, opened_at=timezone.now())
    actor = making.an_actor(course)

    first, sets = practice.exercises(actor, None, 0)
    again, _sets = practice.exercises(actor, None, sets)
    second, _sets = practice.exercises(actor, None, 1)

    assert sets >= 2
    assert [one.before for one in first] == [one.before for one in again]
    hidden = [
        {practice.check(actor, one.token, "").word for one in held} for held in (first, second)
    ]
    assert not hidden[0] & hidden[1]
    assert {one.title for one in first} == set(pages)


def test_where_we_know_little_of_the_language_one_of_four_is_picked() -> None:
    sentences = [
        "力学において摩擦は運動を妨げる力であり、接触面に沿って働くものである。",
        "物体の質量と加速度の積は、その物体に作用する合力に等しいとされている。",
        "運動量は質量と速度の積であり、外力がなければ全体として保存される。",
        "熱力学の法則によれば、温度は高い方から低い方へと自然に移動していく。",
        "振動の周期は振幅によらず、糸の長さと重力だけによって決まるのである。",
    ]
    course = making.filled(
        {"力学": "".join(f"<p>{one}</p>" for one in sentences)}, opened_at=timezone.now()
    )
    actor = making.an_actor(course)

    made, _sets = practice.exercises(actor, None, 0)

    assert made
    for one in made:
        word = practice.check(actor, one.token, "").word
        assert len(one.choices) == len(set(one.choices)) == 4
        assert word in one.choices
        assert practice.check(actor, one.token, word).right
        assert not practice.check(actor, one.token, next(c for c in one.choices if c != word)).right


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("A sliding block is slowed by friction that grows with the force.", True),
        ("This is why a sliding block is slowed by friction after all.", False),
        ("In contrast, a rolling block is hardly slowed by friction at all.", False),
        ("Why is a sliding block slowed by friction that grows with force?", False),
        ("is slowed by friction that grows with the normal force of it.", False),
        ("Friction slows it.", False),
        ("Write friction = 0.3 * normal and print what the program says then.", False),
        ("The method block.slide() is called by all the other methods here.", False),
        ("Go to https://example.org and read of friction and of forces there.", False),
        ("The angle (in degrees is measured from the floor to the block here.", False),
    ],
)
def test_a_sentence_is_asked_when_it_is_whole_and_needs_no_other(text: str, alone: bool) -> None:
    assert cloze.stands_alone(text) is alone


def test_an_abbreviation_ends_no_sentence() -> None:
    text = (
        "Some forces, e.g. Friction, are known to Dr. Hooke as forces of contact. Others are not."
    )

    assert [text[a:b] for a, b in cloze.sentences(text)] == [text.partition(" Others")[0]]


def linked(actor: Actor, **fields: Any) -> Actor:
    """The actor, come by a link that was placed."""
    course = Course.objects.get(pk=str(actor.course_id))
    row = Placement.objects.create(course=course, **fields)
    return actor.model_copy(
        update={"placed_id": row.pk, "about": row.about, "about_id": row.target}
    )


def page_of(actor: Actor) -> str:
    response = placed.first_page(RequestFactory().get("/"), actor)
    assert response is not None
    return response.content.decode()


def test_a_placed_set_is_made_from_what_was_chosen(course: Course) -> None:
    fields = {"course": course, "source": "test"}
    module = TocNode.objects.create(**fields, source_id="m", kind="heading", title="Unit")
    TocNode.objects.create(
        **fields, source_id="n", kind="page", parent=module, item=item(course, "Energy")
    )
    actor = making.an_actor(course)
    friction = str(item(course, "Friction").pk)

    by_module = linked(
        actor, kind="practice", target=module.pk, target_kind="module", title="Practice: Unit"
    )
    by_pages = linked(actor, kind="practice", options={"parts": [["item", friction]]})

    assert "Practice: Unit" in page_of(by_module)
    assert "speed and its mass" in page_of(by_module)
    assert "the floor" not in page_of(by_module)
    assert "the floor" in page_of(by_pages)
    assert "speed and its mass" not in page_of(by_pages)


def test_a_placed_set_without_a_sentence_says_so_honestly() -> None:
    course = making.filled(
        {"List": "<ul><li>force</li><li>mass</li></ul>"}, opened_at=timezone.now()
    )
    actor = linked(making.an_actor(course), kind="practice")

    assert "Nothing here can be practised yet" in page_of(actor)


def test_a_placed_set_whose_pages_are_gone_opens_the_tutor_in_words(course: Course) -> None:
    row = item(course, "Friction")
    actor = linked(making.an_actor(course), kind="practice", target=row.pk, target_kind="item")
    ContentItem.objects.filter(pk=row.pk).update(deleted_at=timezone.now())

    assert placed.first_page(RequestFactory().get("/"), actor) is None
    assert placed.heading(actor) == {"lost": True}


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "item"},
        {"kind": "practice", "target_kind": "module"},
        {"kind": "practice", "options": {"parts": []}},
    ],
    ids=["item", "module", "parts"],
)
def test_a_copied_link_whose_course_has_no_such_part_says_so(
    course: Course, fields: dict[str, Any]
) -> None:
    actor = linked(making.an_actor(course), **fields)

    assert placed.heading(actor) == {"lost": True}
    assert placed.first_page(RequestFactory().get("/"), actor) is None
