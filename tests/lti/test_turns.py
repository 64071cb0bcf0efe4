"""One at a time, without a transaction: the turns of those who make a column."""

from decimal import Decimal

import pytest
from django.core.cache import cache as store
from pytest_django.fixtures import Settings

from lti import ags
from lti.turns import turn
from tests.lti.scripted import Place
from tests.racing import at_once
from tutorai import embedded
from tutorai.errors import NotSent
from tutorai.ids import new_id


def test_of_many_at_once_one_has_the_turn_and_the_others_come_after() -> None:
    name, inside, most = str(new_id()), [], []

    def take(number: int) -> None:
        with turn(name):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    at_once(4, take)

    assert most == [1, 1, 1, 1]
    assert store.get(name) is None


def test_who_waits_too_long_gives_up_and_leaves_the_others_turn_alone() -> None:
    name = str(new_id())

    with turn(name):
        with pytest.raises(NotSent), turn(name, patience=0):
            raise AssertionError
        assert store.get(name)


def test_a_turn_that_ended_before_is_not_taken_from_who_has_it_now() -> None:
    name = str(new_id())

    with turn(name):
        store.set(name, "another's", 60)

    assert store.get(name) == "another's"


def test_without_redis_no_column_is_made(place: Place, settings: Settings) -> None:
    nowhere = f"redis://127.0.0.1:{embedded.free_port()}"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": nowhere}}

    with pytest.raises(NotSent):
        ags.find_or_make(place.service, label="Essay", maximum=Decimal(5), resource_id="essay")

    assert place.asked() == []
