"""Words: terms that meet, and the language of a text."""

import pytest

from agents import words


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Forces", "force", "en"),
        ("the runner’s shoes", "runner shoe", "en"),
        ("fuerzas", "fuerza", "es"),
        ("Häuser", "HÄUSER", "de"),
        ("ｆｕｌｌ", "full", ""),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str, language: str) -> None:
    assert words.terms(one, language) == words.terms(other, language)


def test_words_that_say_nothing_are_left_out() -> None:
    assert words.terms("What is the speed of it?", "en") == ["speed"]


def test_an_unknown_language_is_only_folded() -> None:
    assert words.terms("The Cats", "") == ["the", "cats"]


def test_scripts_without_spaces_are_cut_into_pairs() -> None:
    assert words.terms("光速度 x", "zh") == ["光速", "速度", "x"]


def test_an_endless_word_is_no_term() -> None:
    assert words.terms("a" * 10_000 + " short", "") == ["short"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the speed of light in a vacuum, and who measured it?", "en"),
        ("¿Cuál es la velocidad de la luz en el vacío y quién la midió?", "es"),
        ("Wie groß ist die Lichtgeschwindigkeit, und wer hat sie gemessen?", "de"),
        ("光在真空中的速度是多少", "zh"),
        ("hello", ""),
        ("", ""),
        ("x = 1 + 2 ; y = 3 * x", ""),
    ],
)
def test_a_language_is_named_only_when_it_is_plain(text: str, language: str) -> None:
    assert words.language_of(text) == language
