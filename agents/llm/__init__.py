"""The one door to language models: any OpenAI-compatible endpoint, by Chat Completions.

Every wait has a limit, every failure becomes a ModelError, and every call is charged
(`agents.spend`). A call may go to several endpoints in turn until one begins to answer; what has
begun is not begun again. The client takes half a second to import, so it comes with the first
call, or at once where the installation has a model of its own.
"""

from agents.llm.asking import Call, ask_now, available, call
from agents.llm.said import Asks, Said, Text, Usage, estimate, tokens
from agents.llm.vectors import QUESTION, embed

__all__ = [
    "QUESTION",
    "Asks",
    "Call",
    "Said",
    "Text",
    "Usage",
    "ask_now",
    "available",
    "call",
    "embed",
    "estimate",
    "tokens",
]
