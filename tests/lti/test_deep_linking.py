"""Deep linking: the picker, what it accepts, what goes back (DL-01 to DL-09)."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from lti import deep_linking, placements, sessions
from lti.claims import PLACED
from lti.deep_linking import Placed, Said
from lti.models import LaunchSession, Placement, ResourceLink
from lti.placements import Wish
from lti.platforms import links
from tests import factories
from tests.lti.placing import BACK, DL, SETTINGS, Picker, asked, claim, form_of, picker, settings
from tests.lti.platform import INSTRUCTOR, LEARNER, LIS, REMOVE, Platform, http
from tutorai.errors import BadRequest
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Kind

TA = f"{LIS}membership/Instructor#TeachingAssistant"


def a_module(course: Course, *items: ContentItem, title: str = "Unit 1") -> TocNode:
    """A part of the table of contents with pages in it."""
    fields = {"course": course, "source": "upload"}
    own = new_id()
    node = TocNode.objects.create(source_id=f"module:{own}", title=title, kind="heading", **fields)
    for place, item in enumerate(items):
        TocNode.objects.create(
            source_id=f"item:{own}:{place}", parent=node, item=item, position=place,
            kind=item.kind, title=item.title, **fields,
        )  # fmt: skip
    return node


def a_work(course: Course, **fields: Any) -> tuple[Assignment, ContentItem]:
    """Work to hand in, and its text as something to read."""
    told = {"source": "canvas:1", "source_id": f"assignment:{new_id()}", "title": "Report"}
    item = factories.an_item(course, **told, kind=Kind.ASSIGNMENT.value)
    return Assignment.objects.create(course=course, **told, **fields), item


def test_a_teacher_gets_the_picker_though_the_request_names_no_target_dl_01(
    platform: Platform,
) -> None:
    one = picker(platform)
    item = factories.an_item(one.course, title="Friction")
    hidden = factories.an_item(one.course, title="Answers", published=False)
    work, text = a_work(one.course, due_date=timezone.now())
    factories.an_item(one.course, title="A scan", unreadable="no_text")
    a_module(one.course, item, text)

    page = one.get().text

    assert f'name="part" value="item:{item.pk}"' in page
    assert f'name="part" value="assignment:{work.pk}"' in page
    assert f'value="item:{text.pk}"' not in page  # it is the assignment's
    assert f'value="item:{hidden.pk}"' in page
    assert "Not published" in page
    assert "A scan" not in page
    assert page.index("Unit 1") < page.index("Friction") < page.index("Answers")
    assert 'type="checkbox" name="what"' in page
    assert 'name="graded"' in page


def test_a_course_that_was_not_read_offers_what_needs_no_pages(platform: Platform) -> None:
    page = picker(platform).get().text

    assert "has not read this course yet" in page
    assert 'name="part"' not in page
    assert all(f'name="what" value="{kind}"' in page for kind in ("tutor", "practice", "plan"))


def test_the_answer_is_a_form_for_the_platform_and_for_nobody_else_dl_02(
    platform: Platform,
) -> None:
    one = picker(platform, settings(deep_link_return_url=BACK))

    answer = one.place("tutor")

    assert form_of(answer)[""] == BACK
    assert "<script>alert" not in answer.text
    again = http("GET", f"{platform.tool.url}/app/{one.session.pk}/")
    other = http("GET", f"{platform.tool.url}/app/{platform.launch().session.pk}/")
    for page in (one.launched.answer, again):
        assert "form-action 'self' https://lms.example;" in page.headers["Content-Security-Policy"]
    assert "form-action 'self';" in other.headers["Content-Security-Policy"]


def test_the_answer_says_what_the_specification_wants_dl_03_to_dl_06(platform: Platform) -> None:
    one = picker(platform)

    told = one.claims(one.place("tutor"))

    assert told[claim("message_type")] == "LtiDeepLinkingResponse"
    assert told[claim("version")] == "1.3.0"
    assert told[claim("deployment_id")] == platform.deployment_id
    assert (told["iss"], told["aud"]) == (platform.client_id, platform.issuer)
    assert time.time() - 60 < told["iat"] <= time.time() < told["exp"] < told["iat"] + 3600
    assert len(told["nonce"]) >= 16
    assert told[f"{DL}data"] == SETTINGS["data"]
    assert told[f"{DL}msg"] == "Tutor.AI was chosen. Save it, where your platform asks for that."
    assert f"{DL}errormsg" not in told


@pytest.mark.parametrize(
    ("data", "echoed"), [(REMOVE, "absent"), (None, "absent"), ("", ""), ({"a": [1]}, {"a": [1]})]
)
def test_data_comes_back_as_it_was_sent_and_only_then_dl_06(
    platform: Platform, data: Any, echoed: Any
) -> None:
    one = picker(platform, settings(data=data))

    assert one.claims(one.cancel()).get(f"{DL}data", "absent") == echoed


def test_the_items_are_what_was_chosen_dl_07(platform: Platform) -> None:
    one = picker(platform)
    due = timezone.now() + timedelta(days=7)
    opens = timezone.now()
    item = factories.an_item(one.course, title="Friction", available_from=opens)
    work, _text = a_work(one.course, due_date=due)
    module = a_module(one.course, item)
    parts = [f"module:{module.pk}", f"item:{item.pk}", f"assignment:{work.pk}"]

    items = one.items(
        one.place(
            "tutor", "part", "practice", "plan",
            **{"part": parts, "from": parts[:2], "graded": "1", "points": "12,5"},
        )
    )  # fmt: skip

    held = {str(row.pk): row for row in one.placements}
    rows = [held[item["custom"][PLACED]] for item in items]
    assert [(row.kind, row.target) for row in rows] == [
        ("tutor", None),
        ("module", module.pk),
        ("item", item.pk),
        ("assignment", work.pk),
        ("practice", None),
        ("plan", None),
    ]
    assert rows[4].options["parts"] == [["module", str(module.pk)], ["item", str(item.pk)]]
    assert [row.title for row in rows] == [item["title"] for item in items]
    assert items[2]["title"] == "Tutor: Friction"
    assert items[2]["available"] == {"startDateTime": opens.isoformat()}
    assert items[3]["submission"] == {"endDateTime": due.isoformat()}
    assert items[3]["lineItem"] == {
        "label": "Tutor: Report",
        "scoreMaximum": 12.5,
        "resourceId": str(rows[3].pk),
        "tag": "assignment",
        "submissionReview": {"reviewableStatus": ["InProgress", "Submitted", "Completed"]},
    }
    assert "lineItem" not in items[5]
    for told in items:
        assert told["type"] == "ltiResourceLink"
        assert told["url"] == f"{platform.tool.url}/lti/launch"
        assert told["iframe"] == {"width": 800, "height": 760}
        assert "" not in told.values()
        assert None not in told.values()
    events = AuditEvent.objects.filter(verb="link.place", course=one.course.pk)
    assert {event.object for event in events} == {row.pk for row in rows}


def test_canvas_which_opens_work_by_a_plain_launch_is_told_nothing_of_reviews() -> None:
    accepted = {"line_items": True, "targets": []}

    told = deep_linking.item(placed(points=Decimal(5)), accepted, links("canvas"), alone=True)

    assert "submissionReview" not in told["lineItem"]


def test_a_title_that_the_teacher_wrote_in_the_platform_is_kept(platform: Platform) -> None:
    one = picker(platform, settings(title="My title", text="Some text"))

    [item] = one.items(one.place("plan"))

    assert (item["title"], item["text"]) == ("My title", "Some text")


def test_a_column_is_made_only_where_it_is_accepted_and_wished_dl_07(platform: Platform) -> None:
    without = picker(platform, settings(accept_lineitem=False))

    assert 'name="graded"' not in without.get().text
    assert "lineItem" not in without.items(without.place("tutor", graded="1", points="10"))[0]
    unsaid = picker(platform, settings(accept_lineitem=REMOVE))
    assert "lineItem" not in unsaid.items(unsaid.place("tutor", points="10"))[0]


@pytest.mark.parametrize("several", [False, REMOVE, None, "yes"])
def test_one_thing_is_placed_where_several_are_not_accepted_dl_07(
    platform: Platform, several: Any
) -> None:
    one = picker(platform, settings(accept_multiple=several))

    assert 'type="radio" name="what"' in one.get().text
    assert one.place("tutor", "plan").status_code == 400
    assert one.placements == []
    assert len(one.items(one.place("plan"))) == 1


@pytest.mark.parametrize("types", [[], ["link", "html"], [None, 5, {}]])
def test_where_no_tool_link_is_accepted_it_says_so_and_leads_back_dl_07(
    platform: Platform, types: Any
) -> None:
    one = picker(platform, settings(accept_types=types))

    assert "takes no links to a tool" in one.get().text
    assert "takes no links to a tool" in one.place("tutor").text
    told = one.claims(one.cancel())
    assert "takes no links" in told[f"{DL}errormsg"]
    assert told[f"{DL}errorlog"] == "type_not_accepted"
    assert (told[f"{DL}content_items"], one.placements) == ([], [])
    again = picker(platform, settings(accept_types=types))
    with pytest.raises(BadRequest):
        placements.answer(sessions.actor_of(again.session.pk), Wish(["tutor"]), Said())


def test_what_was_placed_opens_exactly_that_dl_08(platform: Platform) -> None:
    one = picker(platform)
    item = factories.an_item(one.course, title="Friction")
    Course.objects.filter(pk=one.course.pk).update(opened_at=timezone.now())
    form = {"part": f"item:{item.pk}", "from": f"item:{item.pk}"}
    items = one.items(one.place("part", "practice", "plan", **form))

    def opened(at: int, role: str = LEARNER) -> str:
        custom = items[at]["custom"]
        link = {"id": f"link-{at}"}
        page = platform.launch(custom=custom, resource_link=link, roles=[role])
        assert ResourceLink.objects.get(launchsession=page.session).placed_id
        return Picker(platform, page).get().text

    assert '<strong dir="auto">Friction</strong>' in opened(0)
    assert '<strong dir="auto">Friction</strong>' in opened(0, INSTRUCTOR)
    assert "Practice: Friction" in opened(1)
    assert "Study plan" in opened(2)
    item.published = False
    item.save()
    assert "is not in the course now" in opened(0)
    assert "is not in the course now" in opened(1)
    plain = Picker(platform, platform.launch())
    assert 'data-module="chat"' in plain.get().text


def test_a_link_that_names_what_another_school_placed_opens_nothing_of_it(
    platform: Platform, another: Callable[..., Platform]
) -> None:
    one = picker(platform)
    item = factories.an_item(one.course, title="Friction")
    [theirs] = one.items(one.place("part", part=f"item:{item.pk}"))
    elsewhere = another()
    elsewhere.register()

    for custom in (theirs["custom"], {PLACED: str(new_id())}, {PLACED: "nonsense"}):
        launched = elsewhere.launch(custom=custom, roles=[INSTRUCTOR])
        assert launched.session.placed_id is None
        assert "Friction" not in Picker(elsewhere, launched).get().text
    course = launched.session.course
    assert course is not None
    assert not course.placements.exists()


@pytest.mark.parametrize("named", ["x" * 36, "short", "00000000-0000-0000-0000-000000000000"])
def test_a_link_that_names_nothing_of_ours_opens_the_tutor_of_the_course(
    platform: Platform, named: str
) -> None:
    assert platform.launch(custom={"tutor_placement": named}).session.placed is None


def test_cancelling_goes_back_with_a_message_and_without_anything_dl_09(
    platform: Platform,
) -> None:
    one = picker(platform)

    told = one.claims(one.cancel())

    assert told[f"{DL}content_items"] == []
    assert (told[f"{DL}msg"], told[f"{DL}log"]) == ("Nothing was added.", "cancelled")
    assert f"{DL}errormsg" not in told
    assert one.placements == []


@pytest.mark.parametrize("role", [LEARNER, f"{LIS}membership#Mentor", TA])
def test_who_is_no_author_places_nothing_and_is_led_back(platform: Platform, role: str) -> None:
    one = picker(platform, roles=[role])

    assert "Only the teachers of a course" in one.get().text
    assert one.place("tutor").status_code == 403
    assert "Only the teachers" in one.claims(one.cancel())[f"{DL}errormsg"]
    assert one.placements == []


def test_outside_a_course_nothing_is_placed(platform: Platform) -> None:
    one = picker(platform, context=REMOVE)

    assert "named none" in one.get().text
    assert "named none" in one.place("tutor").text
    assert one.claims(one.cancel())[f"{DL}errorlog"] == "no_course"


def test_in_a_course_that_has_ended_nothing_is_placed_and_the_way_back_is_open(
    platform: Platform,
) -> None:
    one = picker(platform)
    Course.objects.filter(pk=one.course.pk).update(state="completed")

    assert "This course has ended" in one.get().text
    assert one.place("tutor").status_code == 409
    assert one.claims(one.cancel())[f"{DL}errorlog"] == "course_ended"
    assert one.placements == []


def test_two_presses_are_one_answer_and_nothing_comes_after_it(platform: Platform) -> None:
    one = picker(platform)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: one.place("tutor", "plan"), range(4)))

    assert len({form_of(answer)["JWT"] for answer in answers}) == 1
    assert len(one.placements) == 2
    assert one.place("tutor").json()["code"] == "already_answered"
    assert one.cancel().status_code == 409
    assert "Your choice was sent" in one.get().text
    assert form_of(one.get())["JWT"] == form_of(answers[0])["JWT"]
    assert len(one.placements) == 2
    told = LaunchSession.objects.get(pk=one.session.pk)
    assert told.deep_link is not None
    told.deep_link["answered"]["until"] = timezone.now().isoformat()
    told.save(update_fields=["deep_link"])
    assert one.place("tutor", "plan").status_code == 409
    assert "<form" not in one.get().text


def test_a_plain_launch_can_place_nothing(platform: Platform) -> None:
    one = Picker(platform, platform.launch(roles=[INSTRUCTOR]))

    assert one.place("tutor").status_code == 404
    assert one.cancel().status_code == 404


FORMS: list[dict[str, Any]] = [
    {},
    {"what": "part"},
    {"what": "sonnet"},
    {"what": "part", "part": "item:nonsense"},
    {"what": "part", "part": "item"},
    {"what": "part", "part": f"item:{new_id()}"},
    {"what": "part", "part": f"course:{new_id()}"},
    {"what": "practice", "from": "item:\x00"},
    {"what": "part", "part": [f"item:{n}" for n in range(60)]},
    {"what": "part", "part": [f"item:{n}" for n in range(10_000)]},
    {"what": "tutor", "graded": "1", "points": "0"},
    {"what": "tutor", "graded": "1", "points": "1e9"},
    {"what": "tutor", "graded": "1", "points": "-5"},
]


def test_what_cannot_be_placed_is_refused_in_words_and_nothing_is_written(
    platform: Platform,
) -> None:
    one = picker(platform)
    elsewhere = factories.an_item()
    work, _text = a_work(one.course)
    more = [
        {"what": "part", "part": f"item:{elsewhere.pk}"},
        {"what": "practice", "from": f"assignment:{work.pk}"},
    ]

    refused = [one.post("/pages/place", **form) for form in [*FORMS, *more]]

    assert {answer.status_code for answer in refused} <= {400, 404}
    assert one.placements == []
    assert "answered" not in (one.session.deep_link or {})
    assert one.place("tutor").status_code == 200  # and one that can be still is


MALFORMED: list[Any] = [
    REMOVE,
    None,
    [],
    "x",
    {},
    *(
        settings(deep_link_return_url=url)
        for url in (REMOVE, None, 5, "", "javascript:alert(1)", "data:text/html,x", "/return",
                    "https://", "https://[", "ftp://lms.example/", "https://a\u0000b/", "x" * 3000)
    ),
    *(settings(accept_types=told) for told in (REMOVE, None, "ltiResourceLink", 5, {"a": 1})),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_a_malformed_request_ends_on_a_page_that_names_it(platform: Platform, number: int) -> None:
    launched = asked(platform, MALFORMED[number])

    row = launched.begun.row
    assert launched.answer.status_code == 400
    assert row.failure in {"claim_deep_linking_settings", "claim_text"}
    assert row.failure in launched.answer.text
    assert not LaunchSession.objects.filter(pk=row.pk).exists()


ODD: list[dict[str, Any]] = [
    *({name: None} for name in SETTINGS if name not in {"deep_link_return_url", "accept_types"}),
    {name: None for name in SETTINGS if name not in {"deep_link_return_url", "accept_types"}},
    {"accept_types": ["ltiResourceLink", *map(str, range(5_000))]},
    {"accept_presentation_document_targets": {"a": 1}, "title": 5, "text": ["x"]},
    {"accept_lineitem": "maybe", "accept_multiple": [True], "accept_media_types": 7},
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_what_is_odd_in_a_request_but_not_needed_does_no_harm(
    platform: Platform, number: int
) -> None:
    one = picker(platform, settings(**ODD[number]))

    assert one.get().status_code == 200
    [item] = one.items(one.place("tutor"))
    assert item["title"] == "Tutor.AI"
    assert len(one.session.deep_link["types"]) <= 5  # type: ignore[index]


def placed(**fields: Any) -> Placed:
    """A link about a page whose title is no HTML."""
    row = Placement(kind="item", title='Cells & Systems: "A" <B>')
    return Placed(row, "Ask about <b>anything</b>", **fields)


def test_moodle_is_told_what_it_keeps_and_nothing_it_reads_otherwise() -> None:
    moodle, accepted = links("moodle"), {"line_items": True, "targets": ["iframe"]}
    graded = placed(points=Decimal(50), due=timezone.now())

    alone = deep_linking.item(graded, accepted, moodle, alone=True)
    one_of_two = deep_linking.item(placed(), accepted, moodle, alone=False)

    assert alone["text"] == "Ask about &lt;b&gt;anything&lt;/b&gt;"
    assert one_of_two["text"] == "Ask about <b>anything</b>"
    assert not {"url", "iframe", "available", "submission"} & set(alone)
    assert alone["title"] == 'Cells & Systems: "A" <B>'
    assert alone["lineItem"]["scoreMaximum"] == 50


RECORDED = json.loads(
    (Path(__file__).parent.parent / "sandbox/recordings/deeplink.json").read_text()
)
REQUESTS = sorted(name for name, one in RECORDED.items() if "id_token" in one)


@pytest.fixture
def moodle(another: Callable[..., Platform]) -> Callable[[str], Picker]:
    """Return a function that launches with a recorded request of a real Moodle."""

    def launched(name: str) -> Picker:
        platform = another(client_id=f"c{new_id().hex}")
        platform.register("--family", "moodle")
        told = RECORDED[name]["id_token"]["claims"]
        changes = {full: value for full, value in told.items() if full.startswith(claim(""))}
        changes |= {
            claim("target_link_uri"): f"{platform.tool.url}/lti/launch",
            claim("deployment_id"): platform.deployment_id,
        }
        return picker(platform, told[f"{DL}deep_linking_settings"], **changes)

    return launched


@pytest.mark.parametrize("name", REQUESTS)
def test_a_real_moodles_request_is_understood(moodle: Callable[[str], Picker], name: str) -> None:
    one = moodle(name)
    told = RECORDED[name]["id_token"]["claims"]

    assert one.session.deep_link == {
        "return_url": told[f"{DL}deep_linking_settings"]["deep_link_return_url"],
        "types": ["ltiResourceLink"],
        "targets": ["iframe", "window"],
        "multiple": True,
        "line_items": True,
        "title": "My title",
        "text": "Some text",
    }
    assert told[claim("context")]["title"] == one.course.title


def test_what_a_real_moodle_took_stands_in_our_answer_too(moodle: Callable[[str], Picker]) -> None:
    theirs = RECORDED["lti_deeplink_two_4_deep_link_response"]["request"]["jwt_claims"]
    one = moodle("lti_deeplink_two_3_auth_response")

    told = one.claims(one.place("tutor", "plan", graded="1", points="50"))

    constant = {claim("message_type"), claim("version")}
    assert {full: told[full] for full in constant} == {full: theirs[full] for full in constant}
    assert set(theirs) - set(told) == set()
    first, second = told[f"{DL}content_items"]
    graded, plain = theirs[f"{DL}content_items"]
    assert set(plain) <= set(second)
    assert {"title", "text", "custom", "lineItem"} <= set(first) <= set(graded)
    kept = {"scoreMaximum", "label", "resourceId", "tag", "submissionReview"}
    assert set(first["lineItem"]) == kept == kept & set(graded["lineItem"])
    for key, value in first["custom"].items():
        assert not {"\n", "="} & {*key, *value}


@pytest.mark.parametrize("name", ["none_4_deep_link_response", "errormsg"])
def test_what_a_real_moodle_shows_of_an_empty_answer_stands_in_ours(
    moodle: Callable[[str], Picker], name: str
) -> None:
    theirs = RECORDED[f"lti_deeplink_{name}"]["request"]["jwt_claims"]
    one = moodle("lti_deeplink_none_3_auth_response")
    if name == "errormsg":
        row = LaunchSession.objects.get(pk=one.session.pk)
        row.deep_link = {**(row.deep_link or {}), "types": []}
        row.save(update_fields=["deep_link"])

    told = one.claims(one.cancel())

    assert set(theirs) - set(told) == set()
    assert told[f"{DL}content_items"] == theirs[f"{DL}content_items"] == []


def test_what_nobody_ever_opened_is_let_go_of_after_a_year() -> None:
    course = factories.a_course()
    long_ago = timezone.now() - placements.UNOPENED - timedelta(days=1)
    kept = Placement.objects.create(course=course, kind="plan")
    opened = Placement.objects.create(course=course, kind="plan", placed_at=long_ago)
    copied = Placement.objects.create(course=course, kind="plan", placed_at=long_ago)
    forgotten = Placement.objects.create(course=course, kind="plan", placed_at=long_ago)
    ResourceLink.objects.create(
        deployment=factories.a_deployment(course.institution), link_id="1", placed=opened
    )
    copy = Placement.objects.create(course=course, kind="plan", copied_from=copied)

    placements.forget()

    left = set(Placement.objects.filter(course=course).values_list("pk", flat=True))
    assert left == {kept.pk, opened.pk, copied.pk, copy.pk}
    assert forgotten.pk not in left
