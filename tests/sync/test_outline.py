"""Who sees a thing: who sees it, its line, and every module around that."""

from datetime import UTC, datetime

from connectors import outline
from tests.sync.scripted import COURSE, a_page
from tutorai.lmsdm.schema import Condition, Test, TocNode, Window

HIDDEN = Window(published=False)
IN_G = Condition(test=Test.GROUP, ids=("g",))
DONE = Condition(test=Test.DONE, ids=("item:1",))
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def line(
    node_id: str, parent: str | None = None, window: Window | None = None, item: str | None = None
) -> TocNode:
    return TocNode(
        node_id=node_id,
        course_id=COURSE,
        parent_id=parent,
        item_id=item,
        window=window or Window(),
    )


def seen(*nodes: TocNode, window: Window | None = None) -> Window:
    (item,) = outline.placed([a_page(1, window=window or Window())], nodes)
    return item.window


def test_a_hidden_module_hides_what_stands_in_it_however_deep() -> None:
    deep = [line("a", None, HIDDEN), line("b", "a"), line("c", "b"), line("d", "c", item="page:1")]

    assert not seen(*deep).published


def test_a_thing_in_several_places_is_seen_through_any_of_them() -> None:
    shut, open_ = line("x", "a", item="page:1"), line("y", item="page:1")

    assert seen(line("a", None, HIDDEN), shut, open_) == Window()
    assert seen(line("a", None, HIDDEN), shut, window=HIDDEN) == HIDDEN


def test_restrictions_of_all_that_is_around_it_count_together_each_once() -> None:
    found = seen(
        line("a", None, Window(condition=DONE, available_from=MONDAY)),
        line("b", "a", Window(condition=IN_G)),
        line("c", "b", Window(condition=IN_G), item="page:1"),
    )

    assert found.available_from == MONDAY
    assert found.condition == Condition(test=Test.ALL, of=(IN_G, DONE))


def test_modules_that_stand_in_each_other_hide_nothing_by_that() -> None:
    assert seen(line("a", "b"), line("b", "a"), line("c", "a", item="page:1")) == Window()
