"""What an LMS answers, when it is not what is documented."""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.blackboard import payloads as blackboard
from connectors.canvas import payloads as canvas
from connectors.canvas import roster
from connectors.canvas.wire import Wire as CanvasWire
from connectors.moodle import payloads as moodle
from connectors.moodle.client import listed
from connectors.moodle.roster import PEOPLE
from connectors.moodle.wire import Wire as MoodleWire
from connectors.moodle.wire import understood
from connectors.tokens import Given
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm import schema

HOME = Path(__file__).resolve().parents[2]
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


class Endless(httpx.SyncByteStream):
    """A body that goes on and on; whoever reads 50 MB of it will read it all."""

    def __iter__(self) -> Iterator[bytes]:
        yield from [b" " * 1024**2] * 50
        raise AssertionError("it was read to its end")


@pytest.mark.parametrize(
    ("wire", "status"), [(CanvasWire, 500), (MoodleWire, 200)], ids=["an error", "a refusal"]
)
def test_what_comes_in_place_of_a_file_is_read_only_so_far(
    wire: type[CanvasWire | MoodleWire], status: int
) -> None:
    json = {"Content-Type": "application/json"}
    answer = httpx.Response(status, headers=json, stream=Endless())

    with pytest.raises(LMSMisunderstood):
        wire("https://lms.example", Given("x")).spoilt(answer)


def test_every_dialects_payloads_keep_quiet_about_what_they_hold() -> None:
    loud = [
        str(path)
        for path in HOME.glob("connectors/*/*.py")
        if path.parent.name != "sandbox" and "(BaseModel)" in path.read_text()
    ]

    assert loud == []
