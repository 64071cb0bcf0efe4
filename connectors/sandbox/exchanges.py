"""How an exchange between a tool and its platform ends, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.models import Launch


class Refused(Exception):
    """An authorization request that gets no id_token.

    `tell` says whether the tool hears of it: never when its redirect URI is not ours to trust.
    `status` is that of the page somebody sees instead.
    """

    def __init__(self, error: str, words: str, *, tell: bool = True, status: int = 400) -> None:
        super().__init__(words)
        self.error, self.description, self.tell, self.status = error, words, tell, status


class NotTaken(Exception):
    """An answer to a deep linking request that creates nothing."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = "not_taken", description, status


@dataclass(frozen=True)
class Asked:
    """One authorization request that may be answered."""

    launch: Launch
    redirect_uri: str
    state: str
    nonce: str


@dataclass(frozen=True)
class Place:
    """Where a teacher may put links: its name in the LMS, and in words for a button."""

    key: str
    label: str
    multiple: bool = True
    confirmed: bool = True  # nothing is stored before the teacher saves
    graded: bool = False  # there is always a column
