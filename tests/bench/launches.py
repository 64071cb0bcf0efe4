"""Launches through our tool beside the stock one: CPU each, launches a second, time of each hop."""

import sys
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from django.core.management import call_command

from tests.bench import load, machine, place
from tests.bench.browser import Came
from tests.bench.platform import CLIENT, COURSES, DEPLOYMENT, PEOPLE, Platform, Visit, visits

GOALS = {"cpu": 0.6, "rate": 1.5}


@dataclass(frozen=True)
class Size:
    """How much is launched."""

    rounds: int = 6
    launches: int = 400  # a round of each tool
    clients: int = 16  # at once: more than both tools serve
    calm: int = 200  # launches one behind the other, for the time of each hop


@dataclass
class Measured:
    """What one tool did."""

    tool: place.Tool
    rounds: list[load.Round] = field(default_factory=list)
    calm: list[Came] = field(default_factory=list)

    @property
    def whole(self) -> load.Round:
        """All rounds as one."""
        first, *others = self.rounds
        return sum(others, first)


def register(platform: Platform) -> None:
    """Make our tool know the platform, as an administrator does."""
    with open("/dev/null", "w") as nowhere:
        call_command(
            "lti_register",
            *("--name", "Bench", "--issuer", platform.url, "--client-id", CLIENT),
            *("--auth-url", f"{platform.url}/auth", "--token-url", f"{platform.url}/token"),
            *("--jwks-url", f"{platform.url}/jwks", "--deployment-id", DEPLOYMENT),
            *("--family", "canvas", "--institution", "Bench"),
            stdout=nowhere,
        )


def measure(at: place.Place, tool: place.Tool, platform: Platform, size: Size) -> dict[str, Any]:
    """Drive both tools through the same launches, in turn; return the figures."""
    todo = visits(size.launches * (size.rounds + 1) + size.calm)
    with place.stock(at, platform.url) as beside:
        both = [Measured(tool), Measured(beside)]
        for turn in range(size.rounds + 1):
            share = todo[turn * size.launches : (turn + 1) * size.launches]
            # Whoever is first finds other caches: they take turns in that, too.
            for one in both if turn % 2 else reversed(both):
                done, _ = load.run(at, one.tool, platform, share, size.clients)
                if turn:  # the first round warms up
                    one.rounds.append(done)
                    said = f"{one.tool.name:>5}  {done.cpu:5.2f} ms CPU  {done.rate:5.1f} a second"
                    sys.stderr.write(f"  round {turn}  {said}\n")
        for one in both:
            _, one.calm = load.run(at, one.tool, platform, todo[-size.calm :], 1)
    return _figures(size, todo, *both)


def _figures(size: Size, todo: list[Visit], ours: Measured, stock: Measured) -> dict[str, Any]:
    pairs = list(zip(ours.rounds, stock.rounds, strict=True))
    return {
        "rounds": size.rounds,
        "launches_each": ours.whole.launches,
        "clients": size.clients,
        "people": PEOPLE,
        "courses": COURSES,
        "first_visits": round(len(set(todo)) / len(todo), 2),
        "cpu_ratio": _ratio([a.cpu / b.cpu for a, b in pairs], GOALS["cpu"]),
        "rate_ratio": _ratio([a.rate / b.rate for a, b in pairs], GOALS["rate"]),
        "ours": _costs(ours),
        "stock": _costs(stock),
    }


def _ratio(found: list[float], goal: float) -> dict[str, float]:
    """Ours over stock's, round by round: each pair of rounds met the same machine."""
    return {
        "median": round(median(found), 2),
        "least": round(min(found), 2),
        "most": round(max(found), 2),
        "goal": goal,
    }


def _costs(one: Measured) -> dict[str, Any]:
    whole = one.whole
    each = {
        "server": whole.server,
        "database": whole.database,
        "redis": whole.redis,
        "generator": whole.generator,
        "others": whole.machine - whole.server - whole.database - whole.redis - whole.generator,
    }
    cores = whole.seconds * machine.cores()
    return {
        "cpu_ms": round(whole.cpu, 2),
        "per_second": round(whole.rate, 1),
        "hops_ms": {
            "login": _cuts([1000 * came.login for came in one.calm]),
            "launch": _cuts([1000 * came.launch for came in one.calm]),
        },
        # Who used how much of the machine while it was saturated.
        "share": {name: round(spent / cores, 2) for name, spent in each.items()},
        "each_ms": {name: round(1000 * each[name] / whole.launches, 2) for name in list(each)[:4]},
    }


def _cuts(times: list[float]) -> dict[str, float]:
    cuts = quantiles(times, n=20)
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}
