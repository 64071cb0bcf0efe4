"""How well two courses fit, as a table: languages, abbreviations, terms, people."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tutorai.lmsdm import likeness
from tutorai.lmsdm.likeness import Described, Verdict


def autumn(year: int, title: str, instructor: str) -> Described:
    start, end = datetime(year, 9, 1, tzinfo=UTC), datetime(year, 12, 18, tzinfo=UTC)
    return Described(title, instructor, start, end)


SURE, MAYBE, NO = (0.8, 1.0), (0.5, 0.8), (0.0, 0.5)
PAIRS = {
    "an abbreviation and a name turned round": (
        Described("Introduction to Biology", "Ana Pérez"),
        Described("Intro to Biology", "Perez, Ana"),
        SURE,
    ),
    "accents, capitals and a group": (
        Described("Introducción a la Física", "José Núñez"),
        Described("INTRODUCCION A LA FISICA - Grupo 2", "Jose Nunez"),
        SURE,
    ),
    "ß and a term in two spellings": (
        Described("Straße und Stadt WS 2026/27"),
        Described("Strasse und Stadt, Wintersemester 26/27"),
        SURE,
    ),
    "no latin letter at all": (
        Described("微积分", "王伟"),
        Described("微积分", "王伟"),
        SURE,
    ),
    "dates here, a term there, an initial": (
        autumn(2026, "Physics II", "A. Lee"),
        Described("Physics 2 (Fall 2026)", "Anna Lee"),
        SURE,
    ),
    "a code in the title, a code beside it": (
        Described("BIO-101: Cell Bio"),
        Described("Cell Biology", code="BIO101"),
        SURE,
    ),
    "one of two teachers, with a title": (
        Described("Modern Physics", "Dr. Emmy Noether"),
        Described("Modern Physics", "Noether; Curie"),
        SURE,
    ),
    "a slip of the pen": (Described("Thermodynamics"), Described("Thermodynmics"), SURE),
    "last year's": (
        autumn(2026, "Physics II", "A. Lee"),
        Described("Physics 2 (Fall 2025)", "Anna Lee"),
        NO,
    ),
    "another number": (Described("Physics II", "A. Lee"), Described("Physics I", "A. Lee"), MAYBE),
    "another code": (Described("BIO 101 Cells"), Described("BIO 102 Cells"), MAYBE),
    "another teacher": (Described("Algebra", "A B"), Described("Algebra", "C D"), MAYBE),
    "the same teacher's other course": (
        autumn(2026, "World History", "X Y"),
        autumn(2026, "Organic Chemistry", "X Y"),
        NO,
    ),
    "nothing to go by": (Described("Calculus"), Described(""), NO),
}


@pytest.mark.parametrize("pair", list(PAIRS))
def test_how_well_two_courses_fit(pair: str) -> None:
    ours, theirs, (low, high) = PAIRS[pair]

    score, reasons = likeness.score(ours, theirs)
    back, _reasons = likeness.score(theirs, ours)

    assert low <= score <= high, (score, reasons)
    assert back == pytest.approx(score, abs=0.02)
    assert "title" in reasons


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ([], Verdict.NONE),
        ([0.49], Verdict.NONE),
        ([0.9], Verdict.CLEAR),
        ([0.9, 0.7], Verdict.CLEAR),
        ([0.9, 0.85], Verdict.UNSURE),
        ([0.7], Verdict.UNSURE),
    ],
)
def test_one_that_is_clearly_best_is_the_one(scores: list[float], verdict: Verdict) -> None:
    assert likeness.decide(scores) is verdict


def test_what_fits_is_ranked_and_what_does_not_is_left_out() -> None:
    others = [
        (UUID(int=1), Described("Poetry")),
        (UUID(int=2), Described("Physics 1")),
        (UUID(int=3), Described("Physics I")),
    ]

    ranked = likeness.ranked(Described("Physics I"), others)

    assert [pk.int for pk, _score, _why in ranked] == [2, 3]
