"""One turn: what a client sends, and all that is needed to answer it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from agents import llm, retrieve
from agents.spend import For
from agents.tutor.assess import Setting
from agents.tutor.cover import Cover
from agents.tutor.records import Assessment, Decision, Intent, Move, Policy, Rung, Way
from agents.tutor.sealed import Vault
from tutorai.lmsdm.schema import Actor

M = TypeVar("M", bound=BaseModel)


class Speaking(Protocol):
    """A call that is open (`agents.llm.Call`)."""

    degraded: bool
    model: str

    @property
    def place(self) -> Any: ...

    @property
    def usage(self) -> llm.Usage: ...

    @property
    def spent(self) -> int: ...

    def stream(
        self, messages: Sequence[llm.Said], tools: Sequence[Any] | None = None
    ) -> AsyncGenerator[llm.Text | llm.Asks, None]: ...

    async def parse(self, messages: Sequence[llm.Said], kind: type[M]) -> M: ...


class Door(Protocol):
    """Where models are asked (`agents.llm`)."""

    def available(self, who: For, *, small: bool = False, vision: bool = False) -> bool: ...

    def call(
        self,
        who: For,
        messages_estimate: int,
        most_out: int,
        *,
        small: bool = False,
        needs_tools: bool = False,
        needs_vision: bool = False,
    ) -> AbstractAsyncContextManager[Any]: ...


@dataclass(frozen=True)
class Question:
    """What a client sends. `turn` is its own id of this question, for asking again safely.

    `keyed`: it came with an Idempotency-Key. Then a repetition does not wait for an answer under
    way, and one that broke off is begun again. `way` is what the student would like.
    """

    course_id: UUID
    text: str
    conversation_id: UUID | None = None
    turn: str = ""
    keyed: bool = False
    way: Way | None = None
    attachments: tuple[UUID, ...] = ()


@dataclass
class Bill:
    """What a turn's calls used; `cost` in millionths of a dollar."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0
    model: str = ""
    degraded: bool = False

    def add(self, call: Speaking, *, speaks: bool = False) -> None:
        """Count what a call used until now."""
        used = call.usage
        self.tokens_in += used.tokens_in
        self.tokens_out += used.tokens_out
        self.cost += call.spent
        if speaks:
            self.model, self.degraded = call.model, call.degraded


@dataclass
class Turn:
    """All that is needed to answer without the database."""

    actor: Actor
    question: str
    conversation_id: UUID
    message_id: UUID
    who: For
    door: Door = llm
    replayed: bool = False
    course: str = ""  # its title
    sought: str = ""  # the question, with what it is about where that was said before
    passages: Sequence[retrieve.Passage] = ()
    floor_passed: bool = False
    policy: Policy = field(default_factory=Policy)
    setting: Setting = field(default_factory=Setting)
    assessment: Assessment = field(default_factory=lambda: Assessment(move=Move.QUESTION))
    unsure: bool = False  # the rules would have a small model asked
    decision: Decision = field(default_factory=lambda: Decision(Intent.EXPLAIN))
    before: list[llm.Said] = field(default_factory=list)
    own: Sequence[str] = ()  # what the student wrote in this talk
    last: str = ""  # what the tutor said last in it
    known: list[str] = field(default_factory=list)  # texts that the student may read here
    vault: Vault = field(default_factory=Vault)
    cover: Cover = field(default_factory=lambda: Cover([], b"none"))
    problem: str = ""  # the title of the work that the talk is bound to
    key: str = ""  # of the ladder; "": none was moved
    stood: Rung = field(default_factory=Rung)  # on it, before this turn
    pictured: bool = False  # what was sent along has to be seen
    parts: Sequence[dict[str, Any]] = ()  # what was sent along, as a model reads it
    attached: str = ""  # its first words
    words: str = ""  # an answer that is fixed already
    notice: str = ""
    bill: Bill = field(default_factory=Bill)
    held_back: int = 0
    tools: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bound(self) -> bool:
        """Whether the talk is about work to hand in."""
        return self.setting.bound

    @property
    def hint(self) -> dict[str, int] | None:
        """The step of the ladder that this turn gave, of how many; None: no hint."""
        level = self.decision.level
        return {"level": level, "of": self.policy.hints} if level else None
