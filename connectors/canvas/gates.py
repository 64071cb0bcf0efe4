"""What a student must have done before a module, or a line of it, opens. Pure.

Nobody's progress is told here: a condition of this kind keeps things shut until somebody knows.
A module without requirements counts as done once it is open; a score that is asked for is met
when Canvas says that the line is completed.

Source: https://canvas.instructure.com/doc/api/modules.html; canvas-lms, app/models/context_module.rb
"""

from collections.abc import Mapping, Sequence

from connectors.canvas.payloads import Module, ModuleItem
from connectors.canvas.windows import every
from tutorai.lmsdm.schema import Condition, Test


def line_id(item: ModuleItem) -> str:
    """Return how a line is called in the table of contents."""
    return f"item:{item.id}"


def of_modules(modules: Sequence[Module]) -> dict[str, Condition]:
    """Return what opens each module that is not open from the start, by module."""
    known = {module.id: module for module in modules}
    found = {module.id: _before(module, known, frozenset()) for module in modules}
    return {module_id: every(parts) for module_id, parts in found.items() if parts}


def of_lines(module: Module) -> dict[str, Condition]:
    """Return what opens the lines of a module that is gone through in order, by line."""
    if not module.require_sequential_progress:
        return {}
    done: list[str] = []
    found = {}
    for item in sorted(module.items or [], key=lambda item: item.position):
        if done:
            found[item.id] = Condition(test=Test.DONE, ids=tuple(done))
        if item.completion_requirement:
            done.append(line_id(item))
    return found


def _before(module: Module, known: Mapping[str, Module], passed: frozenset[str]) -> list[Condition]:
    """Return what the modules before ask for, theirs before them included."""
    parts: list[Condition] = []
    for module_id in module.prerequisite_module_ids or []:
        earlier = known.get(module_id)
        if earlier is None:
            parts.append(Condition(test=Test.UNKNOWN, why="module"))
        elif module_id not in passed:
            parts += [*_before(earlier, known, passed | {module_id}), *_completed(earlier)]
    return list(dict.fromkeys(parts))


def _completed(module: Module) -> list[Condition]:
    lines = [line_id(item) for item in module.items or [] if item.completion_requirement]
    if not lines:
        return []
    if module.requirement_type == "one":
        ways = tuple(Condition(test=Test.DONE, ids=(line,)) for line in lines)
        return [Condition(test=Test.ANY, of=ways)]
    return [Condition(test=Test.DONE, ids=tuple(lines))]
