"""The gate: what a student may see of what a model says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (
            "Friction never slows the sliding block. [1] Why?",
            "Friction never slows the sliding block. Why?",
        ),
        (
            "Friction slows the sliding block by 40 %. [1] Why?",
            "Friction slows the sliding block by 40 %. Why?",
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


FALSE = 'It flies [2: "invented words"]. It flies [1]. End'


def test_a_long_block_of_code_passes_as_it_is_and_what_follows_it_is_checked() -> None:
    code = "```python\n" + "x = arr[3] + arr[1]  # a line\n" * 80 + "```\n"
    proved = 'It slows. [1: "a sliding block"] Why?\n\n'

    assert through(proved + code + FALSE, 7).text == (
        "It slows. [1] Why?\n\n" + code + "It flies. It flies. End"
    )


@pytest.mark.parametrize(
    "said",
    [
        "$5 in May [1], while later $6",
        "\\`a [1]`",
        "See https://x.org/`a [1] b`",
        "**a `b** [1] c`",
        "[a `b](https://x.org) [1] c`",
        "``a` b\n c`` [1] `d`",
        "a | `b | [1] c` | d\n-|-|-|-\n",
        "- a\n```\n- [1] b\n```\n",
        "> ```\n> a\n\n[1] b\n",
        "a `b\n\n[1] c`",
        "```\na\n```\n[1] b\n```\n",
        "$$\na\n\nb [1] c",
        "[[1]1]",
        "~~~\na\n```\n~~~\nb [1] c\n```",
    ],
)
def test_what_the_page_shows_as_prose_is_checked(said: str) -> None:
    assert "[1]" not in through(said, 3).text


@pytest.mark.parametrize(
    "said",
    [
        "Take `x[1]`, ``a`[1]``, $\\sqrt[3]{x}$, $$a[1]$$ and \\(\\sqrt[3]{x}\\). Fine.",
        "$$\n\\sqrt[3]{x}\n$$\n",
        "\\[\n\\sqrt[3]{x}\n\\]\n",
        "~~~\nx[1]\n\ny[1]\n~~~\n",
        "1. Write\n   ```\n   x[1]\n   ```\n2. Run\n   ```\n   x[2]\n   ```\n",
    ],
)
def test_code_and_formulas_pass_as_they_are(said: str) -> None:
    assert through(said, 3).text == said


PIECES = [
    *(
        "`",
        "```",
        "\n```\n",
        "~~~\n",
        "$",
        "$$",
        "\n$$\n",
        "\\(",
        "\\)",
        "\\[",
        "\n",
        "\n\n",
        "\r\n",
    ),
    *(" [1]", '[1: "a sliding block"]', '[2: "x', '"]', "[", "]", "\n- ", "    ", "> ", "|", "*"),
    *("A block slows. ", "word " * 90, "5", "\\"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.integers(1, 400))
def test_how_a_text_is_cut_into_pieces_changes_nothing(said: str, size: int) -> None:
    assert through(said, size).text == through(said, len(said) or 1).text
