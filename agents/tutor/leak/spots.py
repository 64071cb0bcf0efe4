"""A place where a final answer stands, and how sure it must be said to be one. Pure."""

from dataclasses import dataclass

FREE, NAMED, EQUAL, ANSWER = 0, 1, 2, 3  # what a place needs; the first three of `cues`


@dataclass(frozen=True, slots=True)
class Spot:
    """`level` is how surely it is said to be the answer; from `need` on it is a leak."""

    start: int
    end: int
    why: str
    level: int
    need: int
    what: object = None  # which final answer stands there, as `key` names it

    @property
    def leaks(self) -> bool:
        return self.level >= self.need
