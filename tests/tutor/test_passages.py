"""Answers without a model: which sentences are quoted, and how they stand."""

from typing import Any

from agents.retrieve import Passage
from agents.tutor import passages
from agents.tutor.cite import Citations
from tutorai.ids import new_id


def a_passage(text: str, **fields: Any) -> Passage:
    told: dict[str, Any] = {"chunk_id": new_id(), "item_id": new_id(), "title": "Friction"}
    told |= {
        "heading_path": (),
        "anchor": "",
        "score": 1.0,
        "url": "",
        "item_hash": "",
        "language": "en",
        **fields,
    }
    return Passage(text=text, **told)


def answered(question: str, *held: Passage) -> str:
    return passages.answer(question, held, Citations(held))[0]


def test_a_whole_sentence_is_quoted_before_the_head_of_a_table() -> None:
    text = "Momentum | Kinetic energy\nMomentum is mass times velocity.\nWhat momentum is:"

    assert "> Momentum is mass times velocity. [1]" in answered(
        "What is momentum?", a_passage(text)
    )


def test_a_table_is_quoted_where_nothing_else_tells() -> None:
    assert "> Problem sets | 30 % [1]" in answered(
        "How much do problem sets count?", a_passage("Problem sets | 30 %")
    )


def test_passages_of_one_page_stand_under_one_title() -> None:
    page = new_id()
    one = a_passage("Friction slows a block.", item_id=page)
    other = a_passage("Air slows a falling block.", title="Drag")
    same = a_passage("Rough floors slow a block more.", item_id=page)

    text = answered("What slows a block?", one, other, same)

    assert text.count("**Friction**") == 1
    assert text.index("Rough floors") < text.index("**Drag**")


def test_passages_of_one_page_stand_in_the_pages_own_order() -> None:
    page = new_id()
    late = a_passage("Rough floors slow a block more.", item_id=page, position=4)
    early = a_passage("Friction slows a block.", item_id=page, position=1)

    text = answered("What slows a block?", late, early)

    assert text.index("Friction slows") < text.index("Rough floors")


def test_a_sentence_that_leads_to_a_formula_is_quoted_with_it() -> None:
    text = "Work equals the change of kinetic energy,\n\\(E = \\tfrac12 mv^2\\)\nA car has energy."

    told = answered("What is kinetic energy?", a_passage(text))

    assert "> Work equals the change of kinetic energy, \\(E = \\tfrac12 mv^2\\) [1]" in told


def test_the_sentence_most_like_the_question_is_quoted() -> None:
    text = "It grows with the square of the speed. Drag is the resistance of air to what moves."

    told, _cited = passages.answer(
        "What slows a cyclist?",
        [held := a_passage(text)],
        Citations([held]),
        lambda _question, texts: [0.9 if "resistance" in one else 0.1 for one in texts],
    )

    assert "> Drag is the resistance" in told


def test_a_row_that_is_named_like_what_was_asked_is_quoted_and_a_head_is_not() -> None:
    text = (
        "Word | Meaning\nimpulse | change of momentum, force by time\nmomentum | mass by velocity"
    )

    assert "> momentum | mass by velocity [1]" in answered("What is momentum?", a_passage(text))


def test_what_tells_much_less_than_the_best_is_left_out() -> None:
    good = a_passage("Kinetic friction slows a sliding block.")
    filler = a_passage("A number without a unit says nothing.", title="Units")

    assert "Units" not in answered("What slows a sliding block?", good, filler)
