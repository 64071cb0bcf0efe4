"""What is heard in a student's words, by rules that need no model."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.care import signs
from agents.care.signs import Sign
from tests.care import sentences

DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "shouted": str.upper,
    "in wide letters": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
    "with signs nobody sees": lambda text: "\u200b".join(text),
    "in the middle of a question": lambda text: f"Explain entropy.\n{text}. And what is heat?",
    "with curly quotes": lambda text: text.replace("'", "’"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_distress_is_heard_in_every_language_and_disguise(disguise: str) -> None:
    missed = [text for text in sentences.DISTRESS if not signs.distress(DISGUISES[disguise](text))]

    assert missed == []


def test_a_figure_of_speech_is_a_hard_day_and_no_more() -> None:
    assert {text: signs.heard(text) for text in sentences.STRAIN} == dict.fromkeys(
        sentences.STRAIN, Sign.STRAIN
    )


def test_what_is_said_of_texts_and_things_is_nothing() -> None:
    heard = {text: signs.heard(text) for text in sentences.NOTHING}

    assert {text: sign for text, sign in heard.items() if sign} == {}


def test_who_wants_a_person_is_heard_and_who_speaks_of_persons_is_not() -> None:
    missed = [text for text in sentences.PERSON if not signs.wants_person(text)]
    mistaken = [
        text for text in sentences.NO_PERSON + sentences.NOTHING if signs.wants_person(text)
    ]

    assert (missed, mistaken) == ([], [])


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sentences.DISTRESS), st.text(max_size=200))
def test_nothing_written_around_it_hides_it(before: str, text: str, after: str) -> None:
    assert signs.distress(f"{before}\n{text}\n{after}")


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    for piece in ("i ", "i want to ", "my dad ", "a. ", "k i l ", "want ", "no "):
        assert signs.heard(piece * 10_000) is Sign.NONE
