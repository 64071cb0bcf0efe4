"""What calls of models may cost, and did: caps, and a ledger of every single call.

Amounts are whole millionths of a US dollar; a price in dollars for a million tokens is the same
number of millionths for one token.
"""

from agents.spend.caps import CENT
from agents.spend.ledger import PAUSE, Standing, Used, lose, standing, tidy
from agents.spend.who import TITLES, Capability, For, heading

__all__ = [
    "CENT",
    "PAUSE",
    "TITLES",
    "Capability",
    "For",
    "Standing",
    "Used",
    "heading",
    "lose",
    "standing",
    "tidy",
]
