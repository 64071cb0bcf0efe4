"""What was asked of single contents, kept for a quick reading: release rules and attachments.

Blackboard tells neither in its lists. What is kept is good as long as the content's date is the
one it had; a full reading asks anew and keeps what it hears. Without Redis everything is asked.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError

from connectors import lua

KEPT = 3 * 86_400  # seconds; a full reading comes every night
LONGEST = 20_000  # characters of one thing


@dataclass
class Remembered:
    """What is known of one course's contents. `quick`: what was kept may be used."""

    base: str
    course_id: str
    quick: bool
    _held: dict[str, dict[str, Any]] | None = field(default=None)

    @property
    def _key(self) -> str:
        return lua.key("blackboard", "contents", lua.digest(f"{self.base} {self.course_id}"))

    def get(self, name: str, version: str) -> Any:
        """Return what was kept under `name` of that version; None when nothing was."""
        if not self.quick or not version:
            return None
        held = self._all().get(name)
        return held["told"] if held and held["version"] == version else None

    def _all(self) -> dict[str, dict[str, Any]]:
        if self._held is None:
            try:
                held = lua.redis().hgetall(self._key)
            except RedisError:
                held = {}
            self._held = {name.decode(): json.loads(value) for name, value in held.items()}  # type: ignore[union-attr]  # ours are bytes
        return self._held

    def keep(self, name: str, version: str, told: Any) -> None:
        """Keep it; without Redis it is asked again, and so is what is too long to keep."""
        written = json.dumps({"version": version, "told": told})
        if len(written) > LONGEST:
            return
        try:
            lua.redis().hset(self._key, name, written)
            lua.redis().expire(self._key, KEPT)
        except RedisError:
            return
