"""No solution comes out, however it is written; ordinary teaching does."""

import base64
import codecs
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tutor.holdback import Holdback
from agents.tutor.leak import (
    cues,
    decoded,
    figures,
    fold,
    formulas,
    numerals,
    sought,
    spelled,
    units,
)
from agents.tutor.sealed import Solution, Vault

CANARY = "kq0123456789abcdef0123"
CODE = """def squares(xs):
    total = 0
    for x in xs:
        total += x ** 2
    return total
"""


def sealed(*answers: str, problem: str = "Something is asked.", text: str = "") -> Vault:
    return Vault((Solution(text, answers, problem),))


CHOICES = ("Army Personality", "Army Alpha", "Army Beta", "Army Intelligence")
NUMBER = sealed("42", problem="Solve 3x + 4 = 130 for x.", text="So 3x = 126 and x = 42.")
SMALL = sealed("2", problem="How many roots has x^2 = 4?")
SPEED = sealed("25 m/s", problem="A car drives 90 km in 60 min. How far in one second?")
PI = sealed("3.14159")
QUARTER = sealed("1/4", problem="Probability of two heads?")
WORD = sealed("mitochondria", problem="Which organelle makes ATP?")
OPTION = Vault((Solution(problem="Which test?", choices=CHOICES, right=(2,)),))
TYPED_OPTION = sealed("C) Army Beta")
FORMULA = sealed("2x + 6", problem="Differentiate x^2 + 6x.")
FALSE = Vault((Solution(problem="The earth is flat.", verdict=False),))
PROGRAM = sealed(problem="Write a function that sums the squares of a list.", text=CODE)
LINE = sealed("element[-3:]", problem="The last three letters?")
PAIRS = Vault((Solution(problem="Match.", pairs=(("Wundt", "Leipzig"), ("James", "Harvard"))),))
ESSAY = sealed(
    problem="Why did bread get dear?",
    text="The price rises because the supply curve shifts left after the harvest failed, while "
    "demand stays constant.",
)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def bits(text: str) -> str:
    return " ".join(f"{ord(one):08b}" for one in text)


LEAKS: list[tuple[Vault, tuple[str, ...]]] = [
    (
        NUMBER,
        (
            *("The answer is 42.", "So x = 42, right?", "x equals ４２.", "You get **42** there."),
            *("Das Ergebnis ist zweiundvierzig.", "La respuesta es cuarenta y dos."),
            *(
                "La réponse est quarante-deux.",
                "The answer is forty-two.",
                "Result: ٤٢.",
                "答案是42",
            ),
            *("The answer is 4\u200b2.", "The answer is 4 2.", "Answer:\n\n42", "\\boxed{42}"),
            *("x = 84/2", "The answer is 40+2.", "In hex the answer is 0x2A.", "It's 42."),
            *("The answer in Roman numerals is XLII.", f"Decode {b64('x = 42')}.", "Or NDI= here."),
            *("78203d203432 it is.", "52 50 in ASCII.", "The answer is &#52;&#50;.", "....- ..---"),
            *("The answer is <b>4</b>2.", "42 is correct.", "42. That's the answer.", "x → 42."),
            *("The solution (backwards) is 24, read it reversed.", "x ≈ 42,00.", "x is 4.2e1."),
            *("\\064\\062", "%34%32", "Try it. The answer is\n4\n2", "x is 0b101010 or 0o52."),
        ),
    ),
    (SMALL, ("The answer is 2.", "There are two. That is the answer.", "So you get 2.", "= 2")),
    (SPEED, ("It moves at 25 metres per second, so 25 m/s.", "0.025 km/s", "you have 25 m / s")),
    (PI, ("Roughly 3.14 here.", "3,14159", "It's 3.1416.", "314159e-5", "3.14159×10⁰")),
    (PI, ("three point one four one five nine", "31.4159 × 10^{-1}")),
    (
        QUARTER,
        ("It is 25 %.", "You get 0.25.", "\\frac{1}{4}. That is the answer.", "¼ is correct."),
    ),
    (QUARTER, ("The probability is 1/4.", "One quarter is the answer.", "The answer is 2/8.")),
    (
        WORD,
        (
            *(
                "Think of mitochondria.",
                "m-i-t-o-c-h-o-n-d-r-i-a",
                "mi**toch**ondria",
                "airdnohcotim",
            ),
            *("mіtосhоndrіа", "mito\u200bchondria", "mito-\nchondria", b64("see: mitochondria")),
            *(codecs.encode("mitochondria", "rot13"), "qmxsglsrhvme"),
            *(
                "13 9 20 15 3 8 15 14 4 18 9 1",
                bits("mitochondria"),
                "ｍｉｔｏｃｈｏｎｄｒｉａ",
            ),
            *("6d69746f63686f6e64726961", base64.b32encode(b"mitochondria").decode()),
        ),
    ),
    (
        OPTION,
        (
            *("The answer is C.", "It's C.", "Option C is correct.", "The third one is right."),
            *("La tercera opción es la correcta.", "Choose option C.", "A, B and D are wrong."),
            *(
                "Die Antwort ist C.",
                "The answer is Army Beta.",
                "Army Beta is the right one.",
                "C.",
            ),
        ),
    ),
    (TYPED_OPTION, ("The answer is C.", "Have a look at Army Beta.")),
    (
        FORMULA,
        ("The derivative is 2x+6.", "f'(x) = 6 + 2x", "2(x+3)", "\\(2\\cdot x+6\\)", "２ｘ＋６"),
    ),
    (FALSE, ("The statement is false.", "False.", "That is not true.", "La afirmación es falsa.")),
    (PROGRAM, (f"```python\n{CODE}```\n", CODE.replace("total", "t").replace("xs", "a"))),
    (LINE, ("Use `element[ -3 : ]` for it.",)),
    (PAIRS, ("Wundt belongs to Leipzig.",)),
    (
        ESSAY,
        (
            "The harvest failed, so supply shifted left on the curve; demand stays constant and the price rises.",
        ),
    ),
]
EACH = [(vault, text) for vault, texts in LEAKS for text in texts]


def passed(vault: Vault, text: str, size: int = 7, **more: object) -> tuple[str, str]:
    """What comes out, and why it stopped."""
    gate = Holdback(vault, CANARY, **more)  # type: ignore[arg-type]  # of a test's own words
    out = "".join(gate.feed(text[at : at + size]) for at in range(0, len(text), size))
    return out + gate.close(), gate.hit


def test_a_solution_does_not_leave_however_it_is_written() -> None:
    told = {
        text: passed(vault, f"Let us look at this.\n{text}\nDoes that help?")
        for vault, text in EACH
    }

    assert [text for text, (_out, hit) in told.items() if not hit] == []
    heads = {"There are ", "Try it. The answer is\n", "Use `", "```python\n"}
    heads.add("The harvest failed, so supply shifted left on the curve; ")
    outs = {out.removeprefix("Let us look at this.\n") for out, _hit in told.values()}
    assert outs <= {"", *heads}


INNOCENT: list[tuple[Vault, tuple[str, ...]]] = [
    (
        NUMBER,
        (
            *("First subtract 4 from both sides. What do you get?", "You have 3x + 4 = 130."),
            *("Good: 3x = 126. Now divide by 3.", "1. Subtract.\n2. Divide.\n3. Check."),
            "Look at page 42 of chapter 3, maybe.",
        ),
    ),
    (
        SMALL,
        (
            *("Write x^2 - 4 as (x - 2)(x + 2) first.", "There are two things to think about."),
            *("Step 2: factor it.", "The exponent is 2 here, so think about signs."),
            'What is 3 - 1? No, look at x^2 = 4 [2: "x squared is four"].',
        ),
    ),
    (
        OPTION,
        (
            *("Compare option C with option A.", "What was the Army Beta made for?"),
            "The options are:\nA) Army Personality\nB) Army Alpha\nC) Army Beta\nD) Army Intelligence",
        ),
    ),
    (
        FORMULA,
        ("Use the power rule: the derivative of x^n is n x^(n-1).", "Take x^2 + 6x by terms."),
    ),
    (FALSE, ("Good. Is it true for ships, too?", "It is true that ships vanish hull first, so?")),
    (
        PROGRAM,
        ("Use `for x in xs:` to go on.", "```python\nfor item in basket:\n    print(item)\n```"),
    ),
    (WORD, ("Which part of a cell releases energy? `aGVsbG8gd29ybGQ=` is base64.",)),
    (PAIRS, ("Who of Wundt and James worked in Leipzig?",)),
    (sealed("100"), ("Try to turn 0.001 into a fraction.",)),
    (sealed("7"), ("It looks like you solved 65-53 in place of 63-55.",)),
    (ESSAY, ("Think about what a failed harvest does to what is on offer.",)),
]


def test_teaching_passes_as_it_is() -> None:
    for vault, texts in INNOCENT:
        for text in texts:
            assert passed(vault, text) == (text, "")


def test_what_the_student_found_may_be_confirmed_and_a_list_of_guesses_finds_nothing() -> None:
    yes = "Yes, x = 42 is correct. How did you find it?"

    assert passed(NUMBER, yes, said=["I think x = 42"]) == (yes, "")
    assert passed(NUMBER, yes, said=["is it 39, 40, 41, 42 or 43?"])[1] == "number"
    assert passed(OPTION, "Yes, C is correct.", said=["I would say option C"])[1] == ""
    assert passed(OPTION, "Yes, C is correct.", said=["A, B, C or D?"])[1] == "option"
    assert passed(WORD, "Yes, mitochondria.", said=["mitochondria?"])[1] == ""
    assert passed(FALSE, "Right, it is false.", said=["it must be false"])[1] == ""
    assert passed(FORMULA, "Yes, it is 2x + 6.", said=["so 6 + 2x"])[1] == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"My reference is {CANARY}.", "canary"),
        (f"It is {b64(CANARY)}.", "canary"),
        ("You are a tutor in one course and you never say the answer to anybody.", "prompt"),
        ("Use sk-abcdefghijklmnop1234 for it.", "credential"),
        ("Write to bob@school.example then.", "personal"),
        ("Call +44 20 7946 0958 today.", "personal"),
        ("Pay with 4242 4242 4242 4242 now.", ""),
        ("Pay with 4539 1488 0343 6467 now.", "personal"),
        ("Write to ada@school.example then.", ""),
    ],
    ids=lambda told: str(told)[:12],
)
def test_prompts_keys_and_addresses_stay(text: str, why: str) -> None:
    never = ["You are a tutor in one course and you never say the answer to anybody."]
    known = ["Reach me: ada@school.example"]

    for vault in (Vault(), NUMBER):
        assert passed(vault, text, never=never, known=known)[1] == why


def test_padding_without_end_is_stopped_and_an_answer_goes_on_from_the_last_one() -> None:
    assert passed(WORD, "mito" + " " * 3000 + "and so on.")[1] == "padding"
    assert passed(WORD, "chondria it is.", before="It begins with mito")[1] == "phrase"


TEXTS = st.lists(
    st.sampled_from(
        [
            *("Look at this. ", "What do you get?\n", "x", " 42", "= ", "the answer is ", "4", "2"),
            *(
                "mito",
                "chondria",
                "```\n",
                "- ",
                "C",
                ") ",
                "option ",
                "\n\n",
                "ＮＤＩ",
                "NDI=",
                "٤",
            ),
            *(
                "\\frac{",
                "1}{4}",
                "for i in a:\n  t += i ** 2\n",
                "It is 3.",
                "5 ",
                "&#5",
                "2;",
                "é",
            ),
        ]
    ),
    max_size=24,
).map("".join)
VAULT = Vault(
    tuple(one for vault in (NUMBER, WORD, OPTION, QUARTER, PROGRAM) for one in vault.solutions)
)


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.integers(1, 40), st.randoms(use_true_random=False))
def test_it_does_not_matter_how_the_text_is_cut(text: str, size: int, cuts: random.Random) -> None:
    whole = passed(VAULT, text, max(1, len(text)))

    assert passed(VAULT, text, size) == whole
    assert passed(VAULT, text, cuts.randint(1, 5)) == whole
    out, hit = whole
    assert text.startswith(out)
    assert hit or out == text
    if not hit:
        assert passed(VAULT, out) == (out, "")


ENCODINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    " ".join,
    "-".join,
    "\u200b".join,
    lambda text: text[::-1],
    b64,
    lambda text: base64.urlsafe_b64encode(f"look: {text}!".encode()).decode(),
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex(" "),
    lambda text: codecs.encode(text, "rot13"),
    lambda text: " ".join(str(ord(one)) for one in text),
    bits,
    lambda text: "".join(f"&#{ord(one)};" for one in text),
    lambda text: "".join(f"%{ord(one):02x}" for one in text),
    lambda text: "".join(chr(ord(one) + 0xFEE0) for one in text),
    lambda text: f"**{text[:3]}**{text[3:]}",
    lambda text: "\n".join(text),
]
# Words that stand in every lesson must be called the answer (docs/vault.md), as others test.
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=9, max_size=14).filter(
    lambda word: len(set(word)) > 4 and word not in sought.COMMON
)


@settings(max_examples=20, deadline=None)
@given(WORDS, st.sampled_from(["", "Well, look.\n", "Of course I will help you with that. "]))
def test_no_writing_of_a_word_gets_out(word: str, before: str) -> None:
    vault = sealed(word)

    for encode in ENCODINGS:
        out, hit = passed(vault, f"{before}{encode(word)} and so on it goes.", 3)
        assert hit, encode(word)
        assert before.startswith(out)


@settings(max_examples=25, deadline=None)
@given(st.integers(13, 999_999))
def test_no_writing_of_a_number_gets_out(number: int) -> None:
    vault = sealed(str(number))
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    told = {" ".join(words) for words in spelled.forms(Fraction(number))}

    for written in (f"{number:,}", f"{number}.0", arabic, f"{number * 10}e-1", hex(number), *told):
        assert passed(vault, f"Well. The answer is {written}.")[1] == "number", written


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from("xyz"))
def test_a_formula_is_the_same_in_any_order(a: int, b: int, letter: str) -> None:
    vault = sealed(f"{a}{letter}^2 + {b}{letter}")

    for written in (
        f"{b}*{letter} + {a}*{letter}**2",
        f"{letter}({a}{letter} + {b})",
        f"$\\frac{{{2 * a}{letter}^2 + {2 * b}{letter}}}{{2}}$",
    ):
        assert passed(vault, f"So f = {written} here.")[1] == "expression", written


def test_numbers_are_read_in_every_country() -> None:
    told = {
        "1,234.5": "2469/2",
        "1.234,5": "2469/2",
        "12,34,567": "1234567",
        "1¾": "7/4",
        "2.5×10⁻³": "1/400",
        "10^{12}": str(10**12),
        "-7": "-7",
        "25 %": "1/4",
        ".5": "1/2",
    }

    for written, value in told.items():
        found = list(figures.find(fold.plain(written)))
        assert Fraction(value) in {one for figure in found for one in figure.values}, written
    assert [*figures.find("x2 a_1 9" + "9" * 5000)] == []


def test_words_units_and_formulas_of_odd_shapes_do_no_harm() -> None:
    assert ("seventy", "one") in spelled.forms(Fraction(71))
    assert {spelled.roman(Fraction(1994)), spelled.roman(Fraction(1, 2))} == {"mcmxciv", ""}
    assert all(next(write(2026), "") for write, _point, _less in numerals.LANGUAGES.values())
    assert units.size("km/h")[0] == units.size("m/s")[0]
    assert [*formulas.find("1/0 + x and ((((x+ and 2^9999x and )(")] == []
    assert decoded.waits("see aGVsbG8gd29ybGQ") == 4
    assert [cues.level(one, 0, 2) for one in ("42", "42 apples are here to eat")] == [3, 0]


@pytest.mark.parametrize(
    "part",
    ["1.\n", "a b c ", "((2x+", "7 ", "QWxh", "the answer is ", "&#52", "<a ", "mito ", "a@"],
)
def test_twice_the_text_takes_no_more_than_its_looks(part: str) -> None:
    """Each look reads a bounded piece, so the number of signs read grows as the text does."""
    gate = Holdback(VAULT, CANARY)
    most = 0
    for at in range(300):
        gate.feed(part)
        most = max(most, len(gate._held) + len(gate._behind))
        if gate.hit:
            assert at
            break

    assert most < 3000


def test_every_way_of_cutting_a_line_in_two_holds_the_same() -> None:
    text = "Look: the answer is forty-two. Good?"

    for first, second in product(range(0, len(text), 5), repeat=2):
        gate = Holdback(NUMBER)
        out = gate.feed(text[:first]) + gate.feed(text[first : first + second])
        out += gate.feed(text[first + second :]) + gate.close()
        assert (out, gate.hit) == ("", "number")
