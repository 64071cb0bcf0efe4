"""An answer on its way: stopped, cut off, found again, asked again."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from agents.models.talk import Message
from lti.models import LaunchSession
from tests.browser.conftest import PATIENCE, Open, World, ask, database
from tests.fake_openai import FakeOpenAI
from tutorai import crypto
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution

expect.set_options(timeout=PATIENCE)
QUESTION = "What is kinetic energy?"
SLOW = {"text": f"It begins here. {'And so it goes on. ' * 20}The very end.", "pause": 0.1}
# The line breaks after a few pieces, and the server goes on.
CUT = """() => {
  const real = window.fetch;
  window.fetch = async (path, options) => {
    const answer = await real(path, options);
    if (!path.endsWith("/v1/ai/ask")) return answer;
    window.fetch = real;
    const reader = answer.body.getReader();
    let seen = 0;
    const body = new ReadableStream({
      async pull(line) {
        const { value } = await reader.read();
        if (seen++ < 4) line.enqueue(value);
        else line.error(new TypeError("network error"));
      },
    });
    return new Response(body, answer);
  };
}"""


def newest(frame: Frame) -> Message:
    """The answer begun last for whoever launched this page."""
    asker = LaunchSession.objects.filter(pk=frame.url.split("/")[4]).values("user")
    answers = Message.objects.filter(role="tutor", conversation__user__in=asker)
    return database(lambda: answers.latest("created_at"))


def asked(question: str) -> int:
    """How often the question was stored."""
    return database(lambda: Message.objects.filter(role="user", text=question).count())


Slowly = Callable[[], None]


@pytest.fixture
def slowly(school: World, fake_openai: FakeOpenAI) -> Iterator[Slowly]:
    """Return a function: the school of the last launch gets a model that takes its time once."""
    key = f"key-{new_id()}"
    changed: list[Any] = []

    def give() -> None:
        held = LaunchSession.objects.latest("created_at").user.institution_id
        changed.append(held)
        Institution.objects.filter(pk=held).update(
            model_base_url=fake_openai.url,
            model_name="fake",
            model_key=crypto.encrypt(key, purpose="model-key"),
        )

    def begin() -> None:
        fake_openai.script(key, SLOW)
        database(give)

    yield begin
    nothing = dict.fromkeys(("model_base_url", "model_name", "model_key"), "")
    database(lambda: Institution.objects.filter(pk__in=changed).update(**nothing))


def student(school: World, browser: Open) -> tuple[Page, Frame]:
    page = school.page(browser())
    frame = school.launch(page, "student", "physics")
    frame.locator(".chips button").first.wait_for()
    return page, frame


def begin(frame: Frame) -> None:
    """Ask, and wait for the first words of a slow answer."""
    frame.get_by_label("Your question").fill(QUESTION)
    frame.get_by_label("Your question").press("Enter")
    expect(frame.locator(".prose").last).to_contain_text("It begins here")


def reopen(frame: Frame) -> None:
    """Load the page again, and open the newest conversation."""
    frame.goto(frame.url)
    frame.locator('[data-act="talks"]').click()
    frame.locator(".talks .open").first.click()
    frame.locator(".turn.tutor").first.wait_for()


def test_stop_ends_the_answer_on_the_server_too_and_what_was_said_stays(
    school: World, browser: Open, slowly: Slowly
) -> None:
    _page, frame = student(school, browser)
    slowly()
    begin(frame)

    frame.get_by_role("button", name="Stop").click()

    expect(frame.locator(".turn.tutor").last).to_contain_text("Stopped.")
    until(lambda: newest(frame).state == "stopped")
    time.sleep(3)  # a model that goes on would add to it
    reopen(frame)
    expect(frame.locator(".turn.tutor").last).to_contain_text("Stopped.")
    assert "The very end." not in newest(frame).text


def until(true: Callable[[], bool]) -> None:
    """Wait for it, as long as the page would."""
    end = time.monotonic() + 40
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_stop_before_the_first_word_from_the_server_reaches_it_all_the_same(
    school: World, browser: Open, slowly: Slowly
) -> None:
    page, frame = student(school, browser)
    slowly()
    frame.evaluate(
        """() => {
          const real = window.fetch;
          window.fetch = async (path, options) => {
            const answer = real(path, options);
            if (path.endsWith("/v1/ai/ask")) await new Promise((go) => (window.arrive = go));
            return answer;
          };
        }"""
    )
    frame.get_by_label("Your question").fill(QUESTION)
    frame.get_by_label("Your question").press("Enter")
    frame.get_by_role("button", name="Stop").click()
    expect(frame.locator(".turn.tutor").last).to_contain_text("Stopped.")

    with page.expect_response(re.compile(r"/stop$")):
        frame.evaluate("window.arrive()")

    until(lambda: newest(frame).state == "stopped")


def test_an_answer_cut_off_while_it_is_written_is_followed_to_its_end(
    school: World, browser: Open, slowly: Slowly
) -> None:
    _page, frame = student(school, browser)
    slowly()
    frame.evaluate(CUT)

    ask(frame, QUESTION)

    expect(frame.locator(".prose").last).to_contain_text("The very end.")
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_conversation_opened_during_an_answer_shows_it_to_its_end(
    school: World, browser: Open, slowly: Slowly
) -> None:
    _page, frame = student(school, browser)
    slowly()
    begin(frame)

    reopen(frame)

    expect(frame.get_by_role("button", name="Stop")).to_be_visible()
    expect(frame.locator(".prose").last).to_contain_text("The very end.")
    expect(frame.get_by_role("button", name="Send")).to_be_visible()


def test_an_interrupted_answer_is_marked_and_can_be_asked_again(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)
    ask(frame, QUESTION)
    last = newest(frame).pk
    database(lambda: Message.objects.filter(pk=last).update(state="interrupted"))
    reopen(frame)
    expect(frame.locator(".turn.tutor").last).to_contain_text("This answer was interrupted.")

    frame.get_by_role("button", name="Try again").click()

    expect(frame.locator(".turn.tutor footer")).to_have_count(2)
    assert newest(frame).pk != last
    assert newest(frame).state == "done"


def test_a_question_asked_while_a_conversation_is_opened_goes_on_in_it(
    school: World, browser: Open
) -> None:
    page, frame = student(school, browser)
    ask(frame, QUESTION)
    talk = newest(frame).conversation_id
    held: list[Route] = []
    frame.locator('[data-act="new"]').click()
    page.context.route(f"**/v1/ai/conversations/{talk}", lambda route: held.append(route))
    frame.locator('[data-act="talks"]').click()
    frame.locator(".talks .open").first.click()

    frame.get_by_label("Your question").fill("Why?")
    frame.get_by_label("Your question").press("Enter")
    frame.get_by_label("Your question").press("Enter")
    held[0].continue_()

    expect(frame.locator(".turn.tutor footer")).to_have_count(2)
    expect(frame.locator(".turn.user")).to_have_count(2)
    assert newest(frame).conversation_id == talk


def lost(context: Any) -> None:
    """Let the server answer one question, and lose the answer on its way."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    context.route("**/v1/ai/ask", lose, times=1)


@pytest.mark.parametrize("way", ["button", "key"])
def test_a_question_asked_again_after_a_lost_line_is_stored_once(
    school: World, browser: Open, way: str
) -> None:
    page, frame = student(school, browser)
    question = f"{QUESTION} ({way})"
    lost(page.context)
    frame.get_by_label("Your question").fill(question)
    frame.get_by_label("Your question").press("Enter")
    again = frame.get_by_role("button", name="Try again")
    again.wait_for()

    if way == "button":
        again.click()
    else:
        frame.get_by_label("Your question").press("Enter")

    expect(frame.locator(".turn.tutor .cite-number").first).to_be_visible()
    expect(frame.locator(".turn.user")).to_have_count(1)
    assert asked(question) == 1


def test_the_same_question_asked_twice_on_purpose_is_answered_twice(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)
    question = f"{QUESTION} (twice)"

    ask(frame, question)
    ask(frame, question)

    expect(frame.locator(".turn.tutor footer")).to_have_count(2)
    assert asked(question) == 2


def test_a_replayed_answer_that_was_interrupted_is_not_shown_as_final(
    school: World, browser: Open
) -> None:
    page, frame = student(school, browser)
    question = f"{QUESTION} (replayed)"
    lost(page.context)
    frame.get_by_label("Your question").fill(question)
    frame.get_by_label("Your question").press("Enter")
    again = frame.get_by_role("button", name="Try again")
    again.wait_for()
    last = newest(frame).pk
    database(lambda: Message.objects.filter(pk=last).update(state="interrupted"))

    again.click()

    expect(frame.locator(".turn.tutor").last).to_contain_text("This answer was interrupted.")


def test_a_teachers_try_after_a_lost_line_stores_no_question_twice(
    school: World, browser: Open
) -> None:
    page = school.page(browser())
    frame = school.launch(page, "teacher", "physics")
    frame.get_by_text("Open to students since").wait_for()
    frame.evaluate('() => htmx.ajax("GET", "/pages/setup/3", { target: "#app" })')
    lost(page.context)
    button = frame.get_by_role("button", name="Ask the five questions")
    button.click()
    expect(frame.locator("#toast")).to_be_visible()
    expect(button).to_be_enabled()
    question = frame.locator(".tries h3").first.inner_text()
    before = asked(question)

    button.click()

    expect(frame.locator(".tries .turn.tutor footer")).to_have_count(5)
    assert asked(question) == before


def test_a_turn_has_an_id_of_its_own_where_the_browser_makes_none(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)

    made = cast(
        list[str],
        frame.evaluate(
            """async () => {
              const { newKey } = await import("/static/js/session.js");
              delete Crypto.prototype.randomUUID;
              return [newKey(), newKey()];
            }"""
        ),
    )

    assert len(set(made)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)
