"""Trying the tutor: scenario sets through the whole turn, and the gate of a teacher's persona.

`trying.try_persona` is the one way for a teacher's words to go live. `run.run` drives the sets
against any endpoint (`manage.py eval_tutor`); `invariants` says what must hold, `judge` what a
model thinks of the teaching, `report` what changed since the last run.
"""

from agents.evaluation.persona import Fault, faults
from agents.evaluation.trying import KIND, attempt, gave_up, latest, reasons, try_persona

__all__ = [
    "KIND",
    "Fault",
    "attempt",
    "faults",
    "gave_up",
    "latest",
    "reasons",
    "try_persona",
]
