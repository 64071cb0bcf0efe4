"""The gate that lets no solution out: text is held until it is known not to be one. Pure.

Text is held to the end of a sentence or a line, or some 160 characters. What has passed and what is
held are then looked at together (`agents.tutor.leak`); where a solution may have begun, the text
waits from there. Nothing depends on how the text is cut into pieces.
"""

from collections.abc import Sequence
from functools import partial

from agents.tutor.leak.look import Look
from agents.tutor.sealed import Vault

FEW = 32  # characters; a shorter sentence waits for the next one
MANY = 160  # characters without an end of a sentence: as far as the next space
MOST = 240  # likewise without a space
HELD = 2400  # characters in doubt; nothing that is said in earnest takes so many
BEHIND = 256  # characters that have passed and are looked at again
_ENDS = frozenset(".!?…:;。！？；؟।")
_CLOSES = frozenset("\"'”’»)]}*_`$")


class Holdback:
    """Feed it what the model says; it gives back what may go on.

    `said`: the student's own messages in this talk; what they found themselves is no leak.
    `known`: texts that the student may read; an address in them may be repeated, nothing else. It
    may grow meanwhile.
    `never`: texts of which no run of words may leave, like the rules of the prompt.
    `before`: what the tutor said last in this talk, for what would go on from there.
    Once `hit` says why it stopped, nothing comes any more.
    """

    def __init__(
        self,
        vault: Vault,
        canary: str = "",
        *,
        said: Sequence[str] = (),
        known: Sequence[str] = (),
        never: Sequence[str] = (),
        before: str = "",
    ) -> None:
        look = partial(Look, vault, canary, said=said, known=known, never=never)
        self._look = look()
        self.hit = ""
        self._behind = ""  # the end of what has passed
        self._held = ""
        self._fresh = 0  # characters since the last look
        self._ended = False  # a sentence has, but for what closes it
        if before:
            told = f"{before}\n\n"
            if self._look.at("", told, ended=True).hit:
                self._look = look()  # it is out already: what comes is judged by itself
            else:
                self._behind = _end_of(told)

    def feed(self, piece: str) -> str:
        """Take a piece; return what may go on."""
        out = []
        for sign in piece:
            if self.hit:
                break
            self._held += sign
            self._fresh += 1
            if self._due(sign):
                out.append(self._pass())
        return "".join(out)

    def close(self) -> str:
        """Return the rest, if it may go on."""
        return "" if self.hit else self._pass(ended=True)

    def _due(self, sign: str) -> bool:
        """Whether it is time to look; told by the text alone."""
        ended, self._ended = self._ended, sign in _ENDS or (self._ended and sign in _CLOSES)
        if sign == "\n" or (ended and sign.isspace()):
            return self._fresh >= FEW
        return self._fresh >= (MANY if sign.isspace() else MOST)

    def _pass(self, *, ended: bool = False) -> str:
        self._fresh = 0
        found = self._look.at(self._behind, self._held, ended=ended)
        if found.hit or (len(self._held) - found.safe > HELD and not ended):
            self.hit, self._held = found.hit or "padding", ""
            return ""
        out, self._held = self._held[: found.safe], self._held[found.safe :]
        self._behind = _end_of(self._behind + out)
        return out


def _end_of(text: str) -> str:
    """The last part of a text, from a word's beginning on."""
    if len(text) <= BEHIND:
        return text
    part = text[-BEHIND:]
    return part[part.index(" ") :] if " " in part else part
