"""All that is looked for, in a piece of text and what stood before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.tutor.leak import fold
from agents.tutor.sealed import Vault


@dataclass(frozen=True)
class Found:
    """Why the text must not go on, or up to which of its signs it may."""

    safe: int
    hit: str = ""


class Look:
    """What is looked for, made ready once a turn."""

    def __init__(
        self,
        vault: Vault,
        canary: str,
        *,
        said: Sequence[str] = (),
        known: Sequence[str] = (),
        never: Sequence[str] = (),
    ) -> None:
        told = [(one, "phrase") for one in vault.answers] + ([(canary, "canary")] if canary else [])
        folded = ((fold.compact(fold.fold(one)).text, why) for one, why in told)
        self._phrases = {one: why for one, why in folded if len(one) >= 3}
        self._begun = {one[:n] for one in self._phrases for n in range(1, len(one))}
        self._longest = max(map(len, self._phrases), default=0)

    def at(self, behind: str, held: str, *, ended: bool) -> Found:
        """Judge what is held; `behind` has passed, and `ended` says that no more comes."""
        text = fold.compact(fold.fold(behind + held))
        for phrase, why in self._phrases.items():
            if phrase in text.text:
                return Found(0, why)
        if not ended:
            for length in range(min(self._longest, len(text.text)), 0, -1):
                if text.text[-length:] in self._begun:
                    return Found(max(0, text.at[len(text.text) - length] - len(behind)))
        return Found(len(held))
