"""What people write by hand: Markdown and formulas in, clean HTML out, and back into the field."""

from time import monotonic

import pytest
from hypothesis import given

from tests.publishing.quizzes import rich, words
from tutorai import prose
from tutorai.lmsdm import store


@pytest.mark.parametrize(
    "formula", [r"\(a_1 * b_2 * c\)", r"\[x < y\]", r"$$\frac{a}{b} \\ c$$"], ids=["in", "own", "$"]
)
def test_a_formula_is_left_as_it_is(formula: str) -> None:
    assert prose.rendered(f"So {formula} holds.") == f"<p>So {formula} holds.</p>".replace(
        " < ", " &lt; "
    )


def test_what_is_dangerous_is_taken_out_and_all_else_stays() -> None:
    text = "# Week 1\n\n<script>x</script><p onclick='x'>Hi <u>there</u></p>\n\n| a |\n|---|\n| 1 |"

    html = prose.rendered(text)

    assert "script" not in html
    assert "onclick" not in html
    assert "<h1>Week 1</h1>" in html
    assert "<p>Hi <u>there</u></p>" in html
    assert "<td>1</td>" in html


@given(html=rich)
def test_what_stood_in_the_field_and_was_saved_again_is_the_same(html: str) -> None:
    once = prose.rendered(prose.source(store.clean(html)))

    assert prose.rendered(prose.source(once)) == once


@given(text=words)
def test_plain_words_stand_in_the_field_as_they_were_typed(text: str) -> None:
    html = prose.rendered(text)
    shown = prose.source(html)

    assert prose.rendered(shown) == html


def test_a_text_of_beginnings_is_read_in_a_moment() -> None:
    begun = monotonic()

    prose.rendered(r"\(" * 50_000 + "\n\n" + r"\[" * 50_000)

    assert monotonic() - begun < 20  # looked through for each beginning it takes minutes
