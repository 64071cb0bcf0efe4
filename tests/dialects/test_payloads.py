"""What an LMS answers, when it is not what is documented."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.blackboard import payloads as blackboard
from connectors.canvas import payloads as canvas
from connectors.canvas import roster
from connectors.moodle import payloads as moodle
from connectors.moodle.client import listed
from connectors.moodle.roster import PEOPLE
from connectors.moodle.wire import understood
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm import schema

ADA = "Ada Lovelace"


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (lambda told: canvas.read(roster.User, told), {"name": ADA}),
        (lambda told: blackboard.read(blackboard.User, told), {"name": ADA}),
        (lambda told: listed(PEOPLE, told), [{"fullname": ADA}]),
        (lambda told: understood(moodle.Site, told), {"userid": [ADA]}),
        (schema.User.model_validate, {"user_id": "1", "nick": ADA}),
    ],
    ids=["canvas", "blackboard", "moodle, a list", "moodle", "record"],
)
def test_an_error_says_where_an_answer_is_odd_and_never_what_it_holds(
    read: Callable[[Any], Any], payload: Any
) -> None:
    with pytest.raises((LMSMisunderstood, ValidationError)) as told:
        read(payload)

    said = "".join(traceback.format_exception(told.value))
    assert "validation error" in said
    assert ADA not in said
