"""From the model to the student: the same words, however they came in pieces."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tutor.cover import Cover, Known
from agents.tutor.gate import Gate
from agents.tutor.holdback import Holdback
from agents.tutor.mouth import MOST_WORDS, Event, Mouth, counted
from agents.tutor.sealed import Solution, Vault
from tests.tutor.test_gate import PASSAGE

PEOPLE = [Known("1", ("Grace Hopperson",))]
HIDDEN = Cover(PEOPLE, b"k").hide("Grace Hopperson")
SEALED = Vault((Solution("F = 0.3 * 58.86 N = 17.658 N", ("17.658 N",), "Which force?"),))
SAYS = [
    "Think of the weight first. ",
    f"{HIDDEN} saw it. ",
    "Which force acts? ",
    'Look: [1: "slowed by kinetic friction"] ',
    "$F = m a$ holds here. ",
    "```\nx = 1\n```\n",
    "The force is 17.658 N. ",
    "\n\n- one\n- two\n\n",
    "word " * 50,
]
drafts = st.lists(st.sampled_from(SAYS), min_size=1, max_size=6).map("".join)


def spoken(pieces: list[str], most: int) -> tuple[str, str, list[Event]]:
    told: list[Event] = []
    mouth = Mouth(
        Cover(PEOPLE, b"k"),
        lambda: Holdback(SEALED, "kqcanary"),
        Gate([PASSAGE]),
        told.append,
        most,
    )
    mouth._cover.hide("Grace Hopperson")
    for piece in pieces:
        mouth.feed(piece)
        if mouth.hit or mouth.full:
            break
    if not (mouth.hit or mouth.full):
        mouth.close()
    first = mouth.hit
    if mouth.hit:
        mouth.again()
        mouth.feed("Look again at what is given. What is it? ")
        mouth.close()
    return first, mouth.text, told


def cut(text: str, places: list[int]) -> list[str]:
    at = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[a:b] for a, b in pairwise(at)]


@settings(max_examples=60, deadline=None)
@given(drafts, st.lists(st.integers(0, 999), max_size=8), st.sampled_from([0, MOST_WORDS]))
def test_what_a_student_reads_does_not_depend_on_how_it_came(
    draft: str, places: list[int], most: int
) -> None:
    hit, text, told = spoken(cut(draft, places), most)

    assert (hit, text) == spoken(list(draft), most)[:2]
    assert "".join(data["text"] for name, data in told if name == "delta") == text
    assert "17.658" not in str(told)
    assert HIDDEN not in text
    assert not most or counted(text) <= most
