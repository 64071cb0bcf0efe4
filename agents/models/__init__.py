"""Tables of the index and of the talk."""

from agents.models.index import Chunk, Embedding, Posting, Vector

__all__ = ["Chunk", "Embedding", "Posting", "Vector"]
