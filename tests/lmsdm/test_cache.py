"""The cache: the same for everybody, forgotten everywhere at once, and never in the way."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from django.conf import settings as django
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pydantic import TypeAdapter
from redis import Redis

from tests import factories, racing
from tests.conftest import HOME
from tutorai import embedded, redis
from tutorai.ids import new_id
from tutorai.lmsdm import cache, scope
from tutorai.lmsdm.cache import Shelf
from tutorai.lmsdm.eyes import Eyes, window
from tutorai.lmsdm.models import ContentItem, CourseGroup
from tutorai.lmsdm.near import Near
from tutorai.lmsdm.schema import Actor, Role

SHELF = Shelf("test", TypeAdapter(list[str]))
SOON = 20.0  # seconds for a word to go round; the machine may be busy
# Another process: it reads again and again, and says whenever what it is given has changed.
READER = """
import itertools, sys, time
import django
django.setup()
from pydantic import TypeAdapter
from uuid import UUID
from tutorai.lmsdm import cache
shelf = cache.Shelf("test", TypeAdapter(list[str]))
school, course, last = UUID(sys.argv[1]), UUID(sys.argv[2]), None
made = itertools.count()
while True:
    told = shelf.of(school, course, lambda: [f"made elsewhere {next(made)}"])[0], cache.near().hears
    if told != last:
        print(*told, sep="|", flush=True)
        last = told
    time.sleep(0.005)
"""


@pytest.fixture
def ids() -> tuple[UUID, UUID]:
    """A school and a course of its own."""
    return new_id(), new_id()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_was_made_is_made_once_and_told_again(ids: tuple[UUID, UUID]) -> None:
    made: list[int] = []

    def make() -> list[str]:
        made.append(1)
        return ["a"]

    assert [SHELF.of(*ids, make) for _ in range(5)] == [["a"]] * 5
    assert len(made) == 1
    assert SHELF.of(*ids, lambda: ["b"], part="another") == ["b"]


def test_no_school_is_given_what_another_ones_is(ids: tuple[UUID, UUID]) -> None:
    SHELF.of(*ids, lambda: ["theirs"])
    ours = new_id()

    assert SHELF.of(ours, ids[1], lambda: ["ours"]) == ["ours"]
    assert SHELF.of(ours, ids[1], lambda: ["again"]) == ["ours"]
    assert SHELF.of(*ids, lambda: ["again"]) == ["theirs"]


def test_a_change_counts_once_its_transaction_stands(ids: tuple[UUID, UUID]) -> None:
    SHELF.of(*ids, lambda: ["old"])
    with transaction.atomic():
        cache.changed(ids[1])
        assert SHELF.of(*ids, lambda: ["early"]) == ["old"]

    assert SHELF.of(*ids, lambda: ["new"]) == ["new"]


def test_who_read_before_a_change_does_not_bring_the_old_back(ids: tuple[UUID, UUID]) -> None:
    def slow() -> list[str]:
        cache.changed(ids[1])  # between reading and keeping
        return ["old"]

    SHELF.of(*ids, slow)

    assert SHELF.of(*ids, lambda: ["new"]) == ["new"]


def test_a_change_here_is_seen_at_once_in_another_process(ids: tuple[UUID, UUID]) -> None:
    words = [sys.executable, "-c", READER, *map(str, ids)]
    with subprocess.Popen(words, cwd=HOME, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            while not other.stdout.readline().endswith("|True\n"):
                pass  # until it holds what it was given, and hears of changes
            begun = time.monotonic()

            cache.changed(ids[1])
            SHELF.of(*ids, lambda: ["changed here"])

            told = other.stdout.readline()
            while "changed here" not in told:  # it may have been the first to make it anew
                cache.changed(ids[1])
                SHELF.of(*ids, lambda: ["changed here"])
                told = other.stdout.readline()
            assert time.monotonic() - begun < SOON
        finally:
            other.kill()


def test_a_process_lets_go_of_what_it_holds_when_its_line_broke(ids: tuple[UUID, UUID]) -> None:
    named = Redis.from_url(f"{django.REDIS_URL}?client_name=near-{ids[1]}")
    near = Near(lambda: named, f"changed-{ids[1]}")
    key = (ids[1], "toc")
    near.get(key)
    until(lambda: near.hears)
    near.keep(key, ["kept"], 60, near.changes)
    assert near.get(key) == ["kept"]
    broken = [one["id"] for one in named.client_list("pubsub") if one["name"] == f"near-{ids[1]}"]

    assert [named.client_kill_filter(_id=each) for each in broken] == [1]

    until(lambda: near.get(key) is None)
    until(lambda: near.hears)


@pytest.mark.usefixtures("nobody_there")
def test_without_redis_it_is_read_from_where_it_is(ids: tuple[UUID, UUID]) -> None:
    for told in ("one", "two", "three"):
        assert SHELF.of(*ids, lambda told=told: [told]) == [told]  # type: ignore[misc]
    cache.changed(ids[1])  # fails nobody
    assert not cache.near().hears


def test_a_change_that_redis_missed_is_told_with_the_next(
    ids: tuple[UUID, UUID],
) -> None:
    SHELF.of(*ids, lambda: ["old"])
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{embedded.free_port()}"):
        redis.begin()
        cache.changed(ids[1])
    redis.begin()

    cache.changed(new_id())

    assert SHELF.of(*ids, lambda: ["new"]) == ["new"]


def test_fifty_at_a_cold_key_make_it_once(ids: tuple[UUID, UUID]) -> None:
    made: list[int] = []

    def make() -> list[str]:
        made.append(1)
        time.sleep(0.05)
        return ["a"]

    assert racing.at_once(50, lambda _: SHELF.of(*ids, make)) == [["a"]] * 50
    assert len(made) == 1


def test_nobody_waits_for_what_does_not_come(ids: tuple[UUID, UUID]) -> None:
    with pytest.raises(ZeroDivisionError):
        SHELF.of(*ids, lambda: [str(1 / 0)])

    begun = time.monotonic()
    assert SHELF.of(*ids, lambda: ["a"]) == ["a"]
    assert time.monotonic() - begun < cache.PATIENCE


def test_who_dies_making_it_holds_the_others_up_for_half_a_second(ids: tuple[UUID, UUID]) -> None:
    begun, gate = threading.Event(), threading.Event()

    def stuck() -> list[str]:
        begun.set()
        gate.wait(SOON)
        return ["late"]

    first = threading.Thread(target=lambda: SHELF.of(*ids, stuck))
    first.start()
    begun.wait(SOON)
    assert SHELF.of(*ids, lambda: ["mine"]) == ["mine"]
    gate.set()
    first.join()


def test_what_is_too_large_is_made_each_time_and_waited_for_by_nobody(
    ids: tuple[UUID, UUID],
) -> None:
    small = Shelf("small", TypeAdapter(list[str]), most=5)

    assert small.of(*ids, lambda: ["too large"]) == ["too large"]
    assert small.of(*ids, lambda: ["made anew"]) == ["made anew"]


def test_what_another_version_of_us_kept_is_made_anew(ids: tuple[UUID, UUID]) -> None:
    Shelf("test", TypeAdapter(dict[str, int])).of(*ids, lambda: {"a": 1})
    cache.near().forget(ids[1])

    assert SHELF.of(*ids, lambda: ["a"]) == ["a"]


def readers(course: object) -> list[Actor]:
    return [
        factories.an_actor(course, Role.TEACHER),  # type: ignore[arg-type]
        factories.an_actor(course, Role.STUDENT),  # type: ignore[arg-type]
        factories.an_actor(course, Role.STUDENT, sections=("1",)),  # type: ignore[arg-type]
        factories.an_actor(course, Role.STUDENT, sections=("2", "3")),  # type: ignore[arg-type]
    ]


def test_a_row_at_hand_is_seen_by_exactly_whom_the_database_shows_it() -> None:
    course, now = factories.a_course(), timezone.now()
    CourseGroup.objects.create(course=course, source="s", kind="section", external_id="1")
    days = [None, now - timedelta(days=1), now + timedelta(days=1)]
    sections = [None, [], ["1"], ["2", "9"]]
    conditions = [
        None,
        {"test": "section", "ids": ["1"]},
        {"test": "group", "ids": ["1"]},
        {"test": "unknown", "why": "grade"},
        {"test": "until", "at": days[2].isoformat()},  # type: ignore[union-attr]
    ]
    rows = [
        ContentItem(
            course=course,
            source="s",
            source_id=str(new_id()),
            kind="page",
            published=published,
            available_from=since,
            available_until=until_,
            sections=parts,
            condition=condition,
        )
        for published, since, until_, parts, condition in product(
            [True, False], days, days, sections, conditions
        )
    ]
    ContentItem.objects.bulk_create(rows)
    alive = list(ContentItem.objects.filter(course=course))

    for actor in readers(course):
        shown = set(scope.items(actor).values_list("pk", flat=True))
        eyes = Eyes(actor)

        assert {row.pk for row in alive if eyes.see(window(row))} == shown
