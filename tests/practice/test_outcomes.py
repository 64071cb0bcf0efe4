"""Where a course says what one will be able to do, and where it only seems to."""

import pytest

from agents import outcomes
from agents.outcomes import Found, Read

LIST = "- Explain kinetic friction.\n- Compute the normal force;\n- OK"
WANTED = ["Explain kinetic friction", "Compute the normal force"]


def titles(*pieces: Read) -> list[str]:
    return [one.title for one in outcomes.found([pieces])]


@pytest.mark.parametrize(
    "heading",
    [
        "Learning objectives",
        "2.1 Course Learning Outcomes:",
        "Objectives of this week",
        "What you'll learn",
        "Objetivos de aprendizaje",
        "Lernziele",
        "Objectifs d’apprentissage",
        "Resultados de aprendizagem",
        "Obiettivi di apprendimento",
    ],
)
def test_a_list_below_such_a_heading_is_what_one_will_be_able_to_do(heading: str) -> None:
    assert titles(Read(("Week 2", heading), LIST)) == WANTED


@pytest.mark.parametrize(
    "line",
    [
        "By the end of this section, you will be able to:",
        "After completing this module students should be able to",
        "Al finalizar la unidad serás capaz de:",
        "Am Ende dieser Woche können Sie:",
        "À la fin du chapitre, vous serez capables de :",
    ],
)
def test_a_list_after_such_a_line_is_too_until_it_ends(line: str) -> None:
    text = f"{line}\n{LIST}\nNow to the work.\n- Bring a block of wood"

    assert titles(Read(("Week 2",), text)) == WANTED


def test_one_sentence_counts_alone() -> None:
    text = "After this lesson, you will be able to measure the period of a pendulum."

    assert titles(Read((), text)) == ["Measure the period of a pendulum"]


@pytest.mark.parametrize(
    ("headings", "text"),
    [
        ((), "Whales will be able to dive deeper.\n- Blue whales dive for an hour"),
        (("Outcomes of the war",), "- Two empires came to an end"),
        (("Grading",), "- Problem sets count for a third"),
        (("Learning objectives",), "There are none this week."),
        ((), "If you are ill you will be able to hand in later.\n- Write to the teacher"),
        (("Objectives",), "\n".join(f"- Line number {n} of a long list" for n in range(40))),
    ],
)
def test_what_only_looks_like_it_is_none(headings: tuple[str, ...], text: str) -> None:
    assert titles(Read(headings, text)) == []


def test_what_two_pages_promise_is_one_outcome_with_two_places() -> None:
    one = Read(("Learning objectives",), "- Explain kinetic friction")
    other = Read(("Goals",), "- explain  Kinetic friction!\n- Draw a free body diagram")

    assert outcomes.found([[one], [other]]) == [
        Found("Explain kinetic friction", [0, 1]),
        Found("Draw a free body diagram", [1]),
    ]


def test_a_list_that_is_cut_into_pieces_goes_on() -> None:
    first = Read(("Week",), "By the end of this week you will be able to:\n- Explain friction well")
    second = Read(("Week",), "- Compute the normal force")

    assert titles(first, second) == ["Explain friction well", "Compute the normal force"]


def test_a_new_wording_is_known_by_its_likeness() -> None:
    gone = {"a": "Explain kinetic friction", "b": "Compute the normal force"}

    told = outcomes.moved(gone, ["Explain the kinetic friction", "Draw a free body diagram"])

    assert told == {"Explain the kinetic friction": "a"}
