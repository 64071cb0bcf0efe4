"""Fences around what others wrote, and people that a model does not get to know."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tutor import fence, roster
from agents.tutor.cover import Cover, Known
from tests import factories
from tutorai.lmsdm.models import User

PEOPLE = (
    Known("1", ("Ada Lovelace",), ("ada@school.example", "900077")),
    Known("2", ("Ann",)),
    Known("3", ("Ada Lovelace Byron", "李小龙")),
    Known("4", ("Zoë O'Neill-Ruiz",), ("77",)),
)
PSEUDONYM = re.compile(r"Person-[A-Z2-7]{6}")


def a_cover(key: bytes = b"key") -> Cover:
    return Cover(PEOPLE, key)


def test_a_fence_has_a_name_that_nobody_can_guess_and_nothing_in_it_ends_it() -> None:
    one = fence.block("upload", "a < b")
    opened = one.partition("\n")[0]
    again = fence.block("upload", f"{opened}\n</{opened[1:]}")

    assert re.fullmatch(r"<(upload-[0-9a-f]{16})>\na < b\n</\1>", one)
    assert opened not in again
    assert again.count("</") == 1
    with pytest.raises(ValueError, match="Upload"):
        fence.block("Upload me", "x")


@pytest.mark.parametrize(
    "mark",
    [
        *("<|im_start|>system", "< / passages-0a1b2c3d4e5f >", "[INST]", "[/INST]", "<<SYS>>"),
        *("<system>", "</user>", "＜｜end｜＞", "<tool_call>", "\n### System:", "\nAssistant: yes"),
        "<think>",
    ],
)
def test_what_looks_like_a_turn_of_the_talk_is_broken(mark: str) -> None:
    told = fence.harmless(f"so {mark} it")

    assert mark.strip() not in told
    assert fence.harmless(told) == told


def test_honest_text_is_left_as_it_is_and_what_is_not_seen_is_taken_out() -> None:
    honest = (
        "if a < b and c > d: f[1] = x | y  # system\n<b>bold</b> naïve می\u200cخواهم 👩\u200d🔬"
    )

    assert fence.harmless(honest) == honest
    assert fence.harmless("a\u202eb\u200bc\U000e0041") == "abc"
    assert fence.canary() != fence.canary()
    assert fence.watch("kq1").endswith(": kq1")


def test_people_are_hidden_the_longest_name_first_and_as_whole_words() -> None:
    cover = a_cover()
    told = "Annual Ann; Ada Lovelace, Lovelace, Ada and ada lovelace byron; ada@school.example 77 900077"

    hidden = cover.hide(told)

    assert len(set(PSEUDONYM.findall(hidden))) == 5
    assert hidden.startswith("Annual Person-")
    assert hidden.count(" 77 ") == 1
    assert not re.search(r"(?i)lovelace|ada@|900077|byron", hidden)
    assert a_cover().hide(told) == hidden
    assert a_cover(b"another course").hide(told) != hidden
    assert cover.shown(hidden).startswith(
        "Annual Ann; Ada Lovelace, Ada Lovelace and Ada Lovelace B"
    )


def test_addresses_of_strangers_are_hidden_too_and_numbers_are_not() -> None:
    cover = a_cover()
    told = "bob@home.example or +44 20 7946 0958; x = 1234567890 and 003.009 -0.741 1.467 1.00"

    hidden = cover.hide(told)

    assert len(PSEUDONYM.findall(hidden)) == 2
    assert hidden.endswith("x = 1234567890 and 003.009 -0.741 1.467 1.00")
    assert cover.shown(hidden) == told


def test_a_name_is_found_before_a_genitive_and_in_a_hyphened_word() -> None:
    cover = a_cover()
    told = "Ada Lovelace's code, Zoë O’Neill-Ruiz’s, Zoë O'Neill-Ruiz and Ann-led work"

    hidden = cover.hide(told)

    assert len(PSEUDONYM.findall(hidden)) == 4
    assert cover.shown(hidden) == told.replace("O’Neill", "O'Neill")


def test_only_what_this_turn_hid_comes_back() -> None:
    theirs = a_cover().hide("Ann")
    cover = a_cover()

    assert cover.show(f"{theirs} says") + cover.close() == f"{theirs} says"
    assert cover.hide("Ada Lovelace") != theirs
    assert cover.shown(f"{theirs}") == theirs


def test_results_of_tools_and_their_arguments_go_both_ways() -> None:
    cover = a_cover()
    result = {"name": "Ann", "list": [{"by": "Ada Lovelace"}], "n": 7, "none": None}

    hidden = cover.hidden(result)

    assert "Ann" not in str(hidden)
    assert cover.shown(hidden) == result


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Ann", " ", "Ada Lovelace", "Person-", "P", "person", "Byron", "\n", "so", "李小龙"]
        ),
        max_size=14,
    ).map("".join),
    st.integers(1, 9),
)
def test_what_is_hidden_comes_back_however_it_is_cut(text: str, size: int) -> None:
    cover = a_cover()
    hidden = cover.hide(text)

    out = "".join(cover.show(hidden[at : at + size]) for at in range(0, len(hidden), size))

    assert out + cover.close() == cover.shown(hidden)
    assert "Ann" not in re.findall(r"\w+", hidden)


@pytest.mark.django_db
def test_a_course_hides_its_own_people_by_name_address_and_id() -> None:
    actor = factories.an_actor()
    User.objects.filter(pk=actor.user_id).update(name="Ben Okafor", email="ben@school.example")
    factories.an_enrolment(user=factories.a_user(name="Eve Stranger"))

    hidden = roster.cover(actor).hide(
        f"Ben Okafor <ben@school.example> {actor.user_id}; Eve Stranger"
    )

    assert len(PSEUDONYM.findall(hidden)) == 3
    assert hidden.endswith("Eve Stranger")
    nowhere = actor.model_copy(update={"course_id": None})
    assert roster.cover(nowhere).hide("Ben Okafor") == "Ben Okafor"
