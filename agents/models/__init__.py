"""Tables of the index and of the talk."""

from agents.models.index import Chunk, Embedding, Posting, Vector
from agents.models.talk import Conversation, Feedback, Message, Spend

__all__ = [
    "Chunk",
    "Conversation",
    "Embedding",
    "Feedback",
    "Message",
    "Posting",
    "Spend",
    "Vector",
]
