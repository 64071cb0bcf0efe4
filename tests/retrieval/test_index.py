"""The index: what an item's text becomes, and when it leaves."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connections, transaction
from django.test import override_settings
from django.utils import timezone

from agents import embed, index, retrieve
from agents.models import Chunk, Embedding, Posting, Vector
from tests import factories
from tests.retrieval import making
from tutorai.lmsdm import store
from tutorai.lmsdm.models import ContentItem


def ids(item: ContentItem) -> list[UUID]:
    return list(Chunk.objects.filter(item=item).order_by("position").values_list("pk", flat=True))


def titles(found: retrieve.Retrieval) -> list[str]:
    return list(dict.fromkeys(passage.title for passage in found.passages))


def at_once(item: ContentItem, times: int) -> list[int]:
    """Index the item from several threads at the same moment."""

    def work(_: int) -> int:
        try:
            return index.index_item(item.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_words_answer_before_any_vector_is_made() -> None:
    course = making.a_course()
    making.indexed(making.a_page(course, "Friction", making.fresh(making.PAGES["Friction"])))

    found = retrieve.search(making.an_actor(course), "what is kinetic friction?")

    assert (found.mode, titles(found)) == ("words", ["Friction"])


def test_vectors_follow_and_tell_how_far_they_are() -> None:
    course = making.a_course()
    for title, html in making.PAGES.items():
        making.indexed(making.a_page(course, title, making.fresh(html)))
    told: list[tuple[int, int]] = []

    made = index.embed_pending(course.pk, lambda done, total: told.append((done, total)))

    assert (made, told) == (3, [(0, 3), (3, 3)])
    assert index.state(course.pk) == index.State(3, 3, "en", "hybrid")
    assert retrieve.search(making.an_actor(course), "sunlight").mode == "hybrid"


def test_a_passage_opens_its_place_in_the_lms() -> None:
    course = making.filled()

    best = retrieve.search(making.an_actor(course), "what is kinetic friction?").passages[0]

    assert best.url == "https://lms.example.edu/pages/friction#kinetic"
    assert (best.title, best.heading_path) == ("Friction", ("Kinetic friction",))
    assert best.item_hash == ContentItem.objects.get(pk=best.item_id).sha256


def test_a_page_indexed_again_replaces_only_its_own_chunks() -> None:
    course = making.filled()
    changed = ContentItem.objects.get(course=course, title="Friction")
    other = ContentItem.objects.get(course=course, title="Recursion")
    before = ids(other)

    store.save_body(changed, html="<p>Now it is all about magnetism.</p>")
    making.indexed(changed)

    assert ids(other) == before
    assert titles(retrieve.search(making.an_actor(course), "magnetism"))[0] == "Friction"
    assert not Chunk.objects.filter(course=course, text__contains="kinetic").exists()


def test_what_the_index_holds_is_written_on_the_item() -> None:
    item = making.indexed(making.a_page(making.a_course(), "Friction", making.PAGES["Friction"]))

    assert (item.indexed_sha256, item.unreadable) == (item.sha256, "")


@pytest.mark.parametrize(
    ("content", "why"), [(b"%PDF-broken", "broken"), (making.a_pdf(""), "no_text")]
)
def test_a_file_that_cannot_be_read_keeps_the_reason(content: bytes, why: str) -> None:
    item = making.a_file(making.a_course(), "scan.pdf", content, "application/pdf")

    assert making.indexed(item).unreadable == why


def test_a_file_that_can_be_read_after_all_loses_the_reason() -> None:
    course = making.a_course()
    item = making.indexed(making.a_file(course, "a.pdf", b"%PDF-broken", "application/pdf"))

    store.save_blob(item, content=making.content(making.a_pdf("Momentum is conserved")))
    making.indexed(item)

    assert (item.unreadable, len(ids(item))) == ("", 1)


def test_a_reason_the_sync_gave_stays() -> None:
    item = making.a_page(making.a_course(), "Elsewhere", "")
    ContentItem.objects.filter(pk=item.pk).update(unreadable="external")

    assert making.indexed(item).unreadable == "external"


def test_a_file_missing_from_storage_counts_as_failed() -> None:
    item = making.a_file(making.a_course(), "notes.txt", b"Some words", "text/plain")
    name = item.blob.name
    item.blob.delete(save=False)
    ContentItem.objects.filter(pk=item.pk).update(blob=name)

    assert making.indexed(item).unreadable == "failed"


def test_an_item_the_lms_deleted_leaves_the_index() -> None:
    course = making.filled()
    item = ContentItem.objects.get(course=course, title="Friction")
    ContentItem.objects.filter(pk=item.pk).update(deleted_at=timezone.now())

    making.indexed(item)

    assert not Posting.objects.filter(item_id=item.pk).exists()
    assert not Vector.objects.filter(item_id=item.pk).exists()


def test_an_item_that_is_gone_is_no_error() -> None:
    assert index.index_item(making.somewhere_else()) == 0


def test_indexing_the_same_item_at_once_stores_it_once() -> None:
    course = making.a_course()
    item = making.a_page(course, "Friction", making.PAGES["Friction"])

    assert at_once(item, 4) == [1, 1, 1, 1]
    assert len(ids(item)) == 1


def test_a_sync_and_the_index_never_wait_for_each_other() -> None:
    course = making.a_course()
    items = [making.a_page(course, f"Page {number}", "<p>Text</p>") for number in range(4)]

    def sync(number: int) -> int:
        try:
            for turn in range(5):
                making.a_page(course, f"Page {number}", f"<p>Text {turn}</p>", published=turn % 2)
            return 1
        finally:
            connections.close_all()

    def work(item: ContentItem) -> int:
        try:
            return min(index.index_item(item.pk) for _ in range(5))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        syncs = [pool.submit(sync, number) for number in range(4)]
        works = [pool.submit(work, item) for item in items]
        done = [future.result() for future in (*syncs, *works)]

    assert done == [1] * 8


def test_an_item_that_changes_while_it_is_read_is_read_again() -> None:
    item = making.a_page(making.a_course(), "Friction", making.PAGES["Friction"])
    changing = Barrier(2)

    def change() -> None:
        """Hold the row until the index waits for it, having read the old text."""
        try:
            with transaction.atomic():
                row = ContentItem.objects.select_for_update().get(pk=item.pk)
                changing.wait(10)
                time.sleep(1)
                store.save_body(row, html="<p>Magnetism instead.</p>")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(change)
        changing.wait(10)
        index.index_item(item.pk)
        done.result()

    assert [chunk.text for chunk in item.chunks.all()] == ["Magnetism instead."]


def test_another_embedder_is_another_generation_and_may_know_more_languages() -> None:
    course = making.filled()

    with override_settings(
        OPENAI_EMBEDDING_MODEL="embedder-9", OPENAI_BASE_URL="https://m.example"
    ):
        other = embed.current(course.institution_id)

    assert other.generation == "https://m.example#embedder-9"
    assert embed.knows(other, "es")
    assert not embed.knows(embed.MiniLM(), "es")
    assert embed.knows(embed.MiniLM(), "")


def test_while_the_endpoint_is_away_words_answer() -> None:
    course = making.filled()
    nowhere = {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}

    with override_settings(OPENAI_EMBEDDING_MODEL="embedder-9", **nowhere):
        generation = embed.current(course.institution_id).generation
        Vector.objects.filter(course_id=course.pk).update(generation=generation)
        found = retrieve.search(factories.an_actor(course), "what is kinetic friction?")

    assert (found.mode, titles(found)[0]) == ("words", "Friction")


def test_what_was_computed_once_is_not_computed_again() -> None:
    text = "<p>A text that no other test in this file says, about barometers.</p>"
    first = making.filled({"Pressure": text})
    sha256 = Chunk.objects.get(course=first).sha256
    made = Embedding.objects.get(sha256=sha256).made_at

    second = making.a_course()
    making.indexed(making.a_page(second, "Pressure", text))

    # Its vector came with the text, from the cache.
    assert index.embed_pending(second.pk) == 0
    assert Vector.objects.filter(course_id=second.pk).count() == 1
    assert Embedding.objects.get(sha256=sha256).made_at == made


def test_vectors_of_two_models_never_meet() -> None:
    course = making.filled()
    Vector.objects.filter(course_id=course.pk).update(generation="an-older-model")

    assert retrieve.search(making.an_actor(course), "sunlight").mode == "words"

    index.embed_pending(course.pk)

    held = Vector.objects.filter(course_id=course.pk).values_list("generation", flat=True)
    assert set(held) == {embed.MiniLM.generation}


def test_a_course_the_embedder_cannot_read_is_searched_by_words_and_says_so() -> None:
    course = making.filled(
        {
            "Fricción": "<p>La fricción es la fuerza que se opone al movimiento de los cuerpos "
            "cuando dos superficies están en contacto y se deslizan.</p>",
            "Fotosíntesis": "<p>Las plantas capturan la luz del sol con la clorofila y producen "
            "azúcar a partir del agua y del dióxido de carbono.</p>",
        }
    )

    found = retrieve.search(making.an_actor(course), "¿Qué fuerzas se oponen al movimiento?")

    assert (found.mode, titles(found)[0]) == ("words", "Fricción")
    assert index.state(course.pk) == index.State(2, 0, "es", "words")


def test_texts_of_any_length_come_back_in_order() -> None:
    texts = ["a much longer text about the moon and its phases", "tide", "the moon", "x", "sea"]

    together = embed.MiniLM().embed(texts)

    alone: Iterable[list[float]] = (embed.MiniLM().embed([text])[0] for text in texts)
    for one, other in zip(together, alone, strict=True):
        assert sum(a * b for a, b in zip(one, other, strict=True)) == pytest.approx(1, abs=0.03)
