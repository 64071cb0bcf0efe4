"""The college as it stands in the files of `world/`: people, courses, texts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from connectors.sandbox import documents, settings
from connectors.sandbox.render import canvas_html, title_of


@cache
def people() -> list[dict[str, str]]:
    """Return everybody, teachers first."""
    listed: list[dict[str, str]] = json.loads((settings.WORLD_DIR / "people.json").read_text())
    return listed


def every_course() -> list[str]:
    """Return the folders that hold a course."""
    return sorted(path.parent.name for path in settings.WORLD_DIR.glob("*/course.json"))


def course_keys() -> list[str]:
    """Return the courses of a world that asks for none: all but those only given `by_name`."""
    return [key for key in every_course() if not course_file(key).get("by_name")]


@cache
def course_file(key: str) -> dict[str, Any]:
    """Read one course with its Markdown rendered, once for each process."""
    folder: Path = settings.WORLD_DIR / key
    course: dict[str, Any] = json.loads((folder / "course.json").read_text())
    course["key"] = key
    course["syllabus_html"] = canvas_html((folder / "syllabus.md").read_text())
    course["page_texts"] = {
        path.stem: title_of(path.read_text()) for path in sorted(folder.glob("pages/*.md"))
    }
    course["page_html"] = {
        stem: canvas_html(text) for stem, (_, text) in course["page_texts"].items()
    }
    course["file_bytes"] = {
        file["name"]: documents.write(file["name"], (folder / file["source"]).read_text())
        for file in course["files"]
    }
    for work in course["assignments"]:
        work["html"] = canvas_html((folder / work["source"]).read_text())
    return course
