"""The gate: what a student may see of what a model says."""

import pytest

from agents.retrieve import Passage
from agents.tutor.cite import find
from agents.tutor.gate import Gate
from tutorai.ids import new_id

TEXT = "A sliding block is slowed by “kinetic friction” –\nwhich grows with the normal force."
PASSAGE = Passage(new_id(), new_id(), "Friction", (), "", TEXT, 1.0, "", "", language="en")


def through(said: str, size: int) -> Gate:
    gate = Gate([PASSAGE])
    shown = "".join(gate.feed(said[at : at + size])[0] for at in range(0, len(said), size))
    assert gate.text == shown
    gate.close()
    return gate


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('It slows. [1: "a sliding block"] Why?', "It slows. [1] Why?"),
        ('It slows [1: "SLIDING  block"]. Why?', "It slows [1]. Why?"),
        ('It flies. [1: "a flying block"] Why?', "It flies. Why?"),
        ('It slows. [7: "a sliding block"] Why?', "It slows. Why?"),
        ('It slows. [0: "a sliding block"] Why?', "It slows. Why?"),
        ('It slows. [1: "block"] Why?', "It slows. Why?"),
        (
            "Friction slows the sliding block. [1] Why?",
            "Friction slows the sliding block. [1] Why?",
        ),
        ("Magma rises in every volcano. [1] Why?", "Magma rises in every volcano. Why?"),
        ("Take `x[1]` and $a[1]$. Fine.", "Take `x[1]` and $a[1]$. Fine."),
        ("See\n```\nx[1] = 2\n```\nDone.", "See\n```\nx[1] = 2\n```\nDone."),
        ('It slows. [1: "a sliding blo', "It slows. "),
    ],
)
def test_only_proved_citations_pass(said: str, shown: str, size: int) -> None:
    assert through(said, size).text.rstrip() == shown.rstrip()


def test_no_part_of_a_mark_is_shown_before_it_is_checked() -> None:
    gate = Gate([PASSAGE])

    assert gate.feed('It slows. [1: "a sliding')[0] == ""


def test_a_quote_is_cut_out_of_the_passage_as_the_passage_writes_it() -> None:
    assert (
        find('by "kinetic friction" - which grows', TEXT) == "by “kinetic friction” –\nwhich grows"
    )


def test_half_a_word_is_no_quote() -> None:
    assert find("liding bloc", TEXT) is None


def test_the_same_words_cited_twice_are_one_citation() -> None:
    gate = through('One. [1: "a sliding block"] Two. [1: "a sliding block"] End', 3)

    assert len(gate.citations.made) == 1
