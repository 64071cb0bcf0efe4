"""Quizzes to try formats with: one of everything, and any that a teacher could write."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from connectors.exchange.markup import escaped
from tutorai.lmsdm.schema import Ask, Choice, Pair, Question, Quiz

WHOLE, NONE, HALF = Decimal(1), Decimal(0), Decimal("0.5")
STRANGE = r"~ = # { } : \ % & ] [ -> 50% \neq ::x:: // $CATEGORY: ]]> * é 漢 🎓"


def question(ask: Ask, *choices: Choice, **more: Any) -> Question:
    """A question of this kind, with words of its own."""
    told = {"text": f"<p>What is {ask.value}?</p>", "choices": choices, **more}
    return Question.model_validate({"ask": ask, **told})


def everything() -> Quiz:
    """One of every kind, with HTML, maths, feedback, parts of the points and strange characters."""
    words = f"<p>{escaped(STRANGE)}</p>"
    hint = "<p>See <em>chapter 3</em>: <code>a = b</code></p>"
    maths = r"<p>Solve \(x^{2} \neq \frac{1}{2}\) and $$\sum_{i=1}^{n} i$$</p>"
    return Quiz(
        title="Forces & fields: part 1/2",
        description="<p>Read <strong>chapter 3</strong> first.</p>",
        minutes=30,
        attempts=2,
        shuffle=True,
        questions=(
            question(
                Ask.SINGLE,
                Choice(text=words, share=WHOLE, feedback=hint),
                Choice(text="<p>half</p>", share=HALF),
                Choice(text="%50% wrong", share=Decimal("-0.25"), feedback="<p>No.</p>"),
                Choice(text="<p>none</p>"),
                text=maths,
                title="Maths: {first}",
                points=Decimal("2.5"),
                feedback=hint,
            ),
            question(
                Ask.MULTIPLE,
                Choice(text="<ul><li>a</li><li>b</li></ul>", share=HALF, feedback=hint),
                Choice(text="[html] b", share=HALF),
                Choice(text="<p>c</p>", share=-HALF),
                text=words,
            ),
            question(
                Ask.TRUE_FALSE,
                Choice(text="True", share=NONE, feedback="<p>It does not.</p>"),
                Choice(text="False", share=WHOLE, feedback="<p>Right.</p>"),
                feedback="<p>It moves.</p>",
            ),
            question(
                Ask.SHORT,
                Choice(text="a &lt; b * c", share=WHOLE, feedback=hint),
                Choice(text="50% ~ {x}", share=HALF),
            ),
            question(
                Ask.NUMBER,
                Choice(text="-3.14", share=WHOLE, feedback="<p>About π.</p>"),
                tolerance=Decimal("0.005"),
                points=Decimal(3),
            ),
            question(
                Ask.MATCHING,
                pairs=(
                    Pair(left="<p>N → <em>force</em></p>", right="newton"),
                    Pair(left="<p>J = energy</p>", right="joule {J}"),
                ),
                decoys=("watt -> W",),
                feedback=hint,
            ),
            question(Ask.ESSAY, feedback=hint, points=Decimal(10)),
        ),
    )


# --- any quiz -----------------------------------------------------------------------------------

words = st.text(
    st.sampled_from("abzéß漢😀 ~=#{}:\\%&<>\"'[]/*$-.,;|`_^0159"), min_size=1, max_size=12
).map(lambda text: " ".join(text.split()) or "x")
short = words.filter(lambda text: "->" not in text and text.strip())
loose = words.map(escaped)


def tagged(tag: str) -> st.SearchStrategy[str]:
    """Words in an element."""
    return loose.map(lambda text: f"<{tag}>{text}</{tag}>")


inline = st.one_of(loose, *map(tagged, ("em", "strong", "code", "sub", "u", "mark")))
rich = st.one_of(
    loose,
    st.lists(inline, min_size=1, max_size=3).map(lambda some: f"<p>{''.join(some)}</p>"),
    st.tuples(tagged("p"), tagged("h3")).map("".join),
    tagged("li").map(lambda one: f"<ol>{one}</ol>"),
    loose.map(lambda text: f'<p dir="rtl">{text}</p>'),
    loose.map(lambda text: f'<section class="s"><p>{text}</p></section>'),
)
maybe = st.one_of(st.just(""), rich)
part = st.sampled_from([HALF, Decimal("0.3333333"), Decimal("0.25"), NONE, Decimal("-0.5")])
PARTS = ((HALF, HALF), (Decimal("0.75"), Decimal("0.25")), (Decimal("0.3333333"),) * 3)


@st.composite
def choices(draw: st.DrawFn, shares: tuple[Decimal, ...]) -> tuple[Choice, ...]:
    """Choices with these shares, in any order."""
    mixed = draw(st.permutations(shares))
    return tuple(Choice(text=draw(rich), share=share, feedback=draw(maybe)) for share in mixed)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question that can be asked."""
    ask = draw(st.sampled_from([ask for ask in Ask if ask is not Ask.OTHER]))
    told: dict[str, Any] = {"ask": ask, "text": draw(rich), "feedback": draw(maybe)}
    told["title"] = draw(st.one_of(st.just(""), words))
    told["points"] = draw(st.sampled_from([WHOLE, Decimal("2.5"), Decimal(0), Decimal(10)]))
    match ask:
        case Ask.SINGLE:
            others = draw(st.lists(part, min_size=1, max_size=3))
            told["choices"] = draw(choices((WHOLE, *others)))
        case Ask.MULTIPLE:
            others = draw(st.lists(st.sampled_from([NONE, -HALF]), min_size=1, max_size=2))
            told["choices"] = draw(choices((*draw(st.sampled_from(PARTS)), *others)))
        case Ask.TRUE_FALSE:
            true = draw(st.sampled_from([NONE, WHOLE]))
            two = (("True", true), ("False", 1 - true))
            told["choices"] = tuple(Choice(text=t, share=s, feedback=draw(maybe)) for t, s in two)
        case Ask.SHORT:
            accepted = draw(st.lists(short, min_size=1, max_size=3, unique_by=str.casefold))
            shares = [
                WHOLE,
                *draw(st.lists(st.sampled_from([HALF, WHOLE]), min_size=2, max_size=2)),
            ]
            both = zip(accepted, shares, strict=False)
            told["choices"] = tuple(
                Choice(text=escaped(text), share=share, feedback=draw(maybe))
                for text, share in both
            )
        case Ask.NUMBER:
            value = draw(st.decimals(-9999, 9999, places=3)).normalize()
            told["choices"] = (Choice(text=f"{value:f}", share=WHOLE, feedback=draw(maybe)),)
            told["tolerance"] = draw(st.sampled_from([NONE, Decimal("0.01"), Decimal(5)]))
        case Ask.MATCHING:
            rights = draw(st.lists(loose, min_size=3, max_size=5, unique=True))
            lefts = draw(st.lists(rich, min_size=2, max_size=2, unique=True))
            pairs = zip(lefts, rights, strict=False)
            told["pairs"] = tuple(Pair(left=left, right=right) for left, right in pairs)
            told["decoys"] = tuple(rights[2:])
    return Question.model_validate(told)


@st.composite
def quizzes(draw: st.DrawFn) -> Quiz:
    """Any quiz."""
    return Quiz(
        title=draw(words),
        description=draw(maybe),
        questions=tuple(draw(st.lists(questions(), min_size=1, max_size=4))),
        minutes=draw(st.sampled_from([None, 1, 90])),
        attempts=draw(st.sampled_from([None, 1, 3])),
        shuffle=draw(st.booleans()),
    )
