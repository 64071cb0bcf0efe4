"""What no log and no report of an error may show: addresses that let whoever has them in."""

import logging
import re
from typing import Any

SIGNED = re.compile(r"(/files/(?:drafts/)?)[^/\s\"']+")  # tutorai.web.files, tutorai.web.drafts
# tutorai.web.registering: an invite, and what the platform gave us to register with.
INVITE = re.compile(r"(/lti/register/)[^\s\"]+")
JOIN = re.compile(r"(/join/)[^\s\"'?]+")  # tutorai.web.joining: what lets students into a course
CODE = re.compile(r"(/connect/[\w-]+/callback\?)[^\s\"']+")  # tutorai.web.connect: an LMS's code


def masked(part: Any) -> Any:
    """Return the same, however it is nested, with the secret part of each address left out."""
    match part:
        case str():
            for secret in (SIGNED, INVITE, JOIN, CODE):
                part = secret.sub(r"\1…", part)
            return part
        case dict():
            return {key: masked(value) for key, value in part.items()}
        case list() | tuple():
            return type(part)(masked(value) for value in part)
        case _:
            return part


class Masked(logging.Filter):
    """Masks a record: its words, and what fills them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        record.msg, record.args = masked(record.msg), masked(record.args)
        return True
