"""What the gates between model and student cost an answer, in CPU time of the tool.

The text comes in pieces as models send it. What is held until a sentence ends is measured where a
student waits (`first_sentence_held_ms`); this is the work alone.
"""

import time
from statistics import median
from typing import Any

from agents.evaluation import scenarios
from agents.tutor.gate import Gate
from agents.tutor.holdback import Holdback
from agents.tutor.sealed import Mistake, Solution, Vault

PIECE, ROUNDS = 7, 40  # characters; answers
ANSWER = (
    "You are right that the amounts have to be compared, and you have already found one of them. "
    "Look again at the volume that you divide by: which of the two solutions is it of? Write its "
    "unit down beside the number. Then say in one sentence what the concentration tells about a "
    "litre of the solution, and why the other volume does not. What would you change in your last "
    "line, and how could you test the result with a rough estimate of your own before you go on?"
)


def vault(most: int) -> Vault:
    """The solutions and mistakes of our own scenario sets, as many as asked for."""
    works = [work for one in scenarios.load(scenarios.OWN) for work in one.course.works]
    solutions = [Solution(one.solution, one.answers, one.text, own=True) for one in works]
    mistakes = [Mistake(text, one.text, own=True) for one in works for text in one.mistakes]
    return Vault(tuple(solutions[:most]), tuple(mistakes[:most]), "en")


def measure() -> dict[str, Any]:
    """Return milliseconds an answer, by how many solutions the vault holds."""
    found: dict[str, Any] = {"characters": len(ANSWER)}
    for most in (0, 1, 4, 12):
        held = vault(most)
        begun, fed = [], []
        for _ in range(ROUNDS):
            start = time.thread_time()
            holdback, gate = Holdback(held, "kq0123456789abcdef0123"), Gate(())
            begun.append(time.thread_time() - start)
            start = time.thread_time()
            for at in range(0, len(ANSWER), PIECE):
                gate.feed(holdback.feed(ANSWER[at : at + PIECE]))
            gate.feed(holdback.close())
            gate.close()
            fed.append(time.thread_time() - start)
            if holdback.hit:
                raise RuntimeError(f"a harmless answer was held back: {holdback.hit}")
        found[f"{most}_solutions_ms"] = {
            "to_begin": round(1000 * median(begun), 2),
            "an_answer": round(1000 * median(fed), 2),
            "a_piece": round(1000 * median(fed) * PIECE / len(ANSWER), 3),
        }
    return found
