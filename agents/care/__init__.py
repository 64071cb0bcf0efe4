"""When a student needs a person: signs of it, what is said then, and who hears of it.

`heard`, `distress` and `wants_person` are rules and need nothing; all else is blocking.
"""

from agents.care import words
from agents.care.moderate import Verdict, moderate
from agents.care.plan import Contact, Contacts, contacts
from agents.care.pleas import TELL, answer, plead
from agents.care.signs import Sign, distress, heard, wants_person

__all__ = [
    "TELL",
    "Contact",
    "Contacts",
    "Sign",
    "Verdict",
    "answer",
    "contacts",
    "distress",
    "heard",
    "moderate",
    "plead",
    "wants_person",
    "words",
]
