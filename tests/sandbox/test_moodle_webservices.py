"""Web services and files of the Moodle we play, against what a real one was recorded saying."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Running
from tests.sandbox import recorded_site
from tests.sandbox.making import PretendTool
from tests.sandbox.recorded import exchange, families
from tests.sandbox.replaying import Site

# Members that we keep nothing for: how often somebody came, how the recorded theme looked …
UNKEPT = {
    "firstaccess lastaccess lastcourseaccess": "nobody's visits are counted",
    "city country department profileimageurl profileimageurlsmall": "no such profiles",
    "userpictureurl modicon courseimage": "no theme",
    "auth suspended confirmed lang theme timezone mailformat trackforums": "accounts' settings",
    "functions advancedfeatures userprivateaccesskey userquota usermaxuploadfilesize": "the site's",
    "sitename": "the site is called otherwise",
    "categoryid categoryname sortorder contacts enrollmentmethods filters": "no categories",
    "showgrades newsitems maxbytes showreports groupmodeforce defaultgroupingid": "settings",
    "enablecompletion completionnotify marker courseformatoptions summaryfiles": "settings",
    "overviewfiles numsections": "told or not by format",
    "startdate enddate enrolledusercount progress completed isfavourite hidden": "no terms",
    "completionhascriteria completionusertracked category showactivitydates": "no completion",
    "showcompletionconditions lastaccess": "no completion",
    "description descriptionformat": "groups have no words of their own",
    "customdata": "what each kind keeps for itself, in a form of its own",
    "intro introformat lang legacyfiles legacyfileslast display displayoptions": "settings",
    "contentfiles revision parameters tobemigrated filterfiles": "settings",
    "numbering navstyle customtitles showexpanded showdownloadfolder forcedownload": "settings",
    "launchcontainer showtitlelaunch showdescriptionlaunch icon secureicon": "settings",
    "graceperiod canredoquestions attemptonlast decimalpoints": "settings",
    "questiondecimalpoints reviewattempt reviewcorrectness reviewmaxmarks": "settings",
    "reviewmarks reviewspecificfeedback reviewgeneralfeedback reviewrightanswer": "settings",
    "reviewoverallfeedback questionsperpage navmethod sumgrades browsersecurity": "settings",
    "delay1 delay2 showuserpicture showblocks completionattemptsexhausted": "settings",
    "completionpass allowofflineattempts autosaveperiod hasfeedback": "settings",
    "contextid author source itemid": "of a draft that was sent up",
    "groupid": "a team's",
}
DROPPED = {name for names in UNKEPT for name in names.split()}
BESIDES = {
    "ws_groups": "idnumber",  # groups have none
    "ws_setting_filter_raw": "summary",  # filters write entities as letters
}
# Recordings that we do not play, with the reason.
APART = {
    "ws_course_module": "a function we do not call",
    "ws_files_get_files": "a function we do not call",
    "ws_get_categories": "a function we do not call",
    "ws_grade_items": "a function we do not call",
    "ws_err_missing_cap_grade_items": "a function we do not call",
    "ws_participants": "a function we do not call",
    "ws_err_missing_capability_participants": "a function we do not call",
    "ws_err_capability_debug": "a function we do not call",
    "ws_lti_launch_data": "a function we do not call",
    "ws_submission_status_after_grade": "a function we do not call",
    "ws_submission_status_none": "a function we do not call",
    "ws_submission_status_student": "a function we do not call",
    "ws_save_submission_after_submitted": "a function of students",
    "ws_save_submission_file": "a function of students",
    "ws_submit_for_grading": "a function of students",
    "ws_err_invalid_parameter_debug": "a site in debugging mode says more",
    "ws_err_missing_cap_groups": "said of a service account with fewer rights than ours",
    "ws_err_missing_cap_enrolled_onlyactive": "said of a service account with fewer rights",
    "ws_err_missing_cap_enrolled_withcapability": "said of a service account with fewer rights",
    "ws_err_rest_wrong_path": "nginx's own page",
    "ws_ok_no_format_param_xml": "XML names members that JSON leaves out",
    "ws_login_token_ok": "gives out a secret; asked below",
    "ws_enrolled_users_as_student": "tells the asker more of themselves",
    "ws_get_grades": "after grades of people that we do not have",
    "ws_get_grades_after_over_max": "likewise",
    "ws_get_grades_after_negative_one": "likewise",
}
WRITES = [name for name in families()["ws"] if name.startswith("ws_save_grade")]
REPORTS = ("ws_submissions_file", "ws_submissions_draft_state")
ERR = "ws_save_grade_err"
DRAFT = "ws_submissions_draft_state"


@pytest.fixture
def site(sandbox: Running, pretend: PretendTool) -> Iterator[Site]:
    """The recorded site with its courses, as they were before anybody asked."""
    made = Site(sandbox.url, pretend)
    made.fresh(
        *recorded_site.service(),
        *recorded_site.biology(),
        *recorded_site.cells(),
        *recorded_site.essays(),
    )
    yield made
    made.close()


def say(site: Site, name: str) -> httpx.Response:
    """Send what was sent then, with tokens of ours."""
    asked = json.loads(site.ours(json.dumps(exchange(name)["request"])))
    for theirs in recorded_site.TOKENS:
        asked = json.loads(json.dumps(asked).replace(theirs, recorded_site.token(theirs)))
    if asked.get("form", {}).get("password") == "<PASSWORD>":
        asked["form"]["password"] = asked["form"]["username"]
    sent: dict[str, Any] = {"headers": asked.get("headers", {})}
    if "form" in asked:
        sent["data"] = {key: str(value) for key, value in asked["form"].items()}
    elif "json" in asked:
        sent["json"] = asked["json"]
    elif "multipart" in asked:
        given = {key: str(value) for key, value in asked["multipart"].items()}
        named = given.pop("file_1")
        sent |= {"data": given, "files": {"file_1": (named, b"Osmosis: water moves.\n")}}
    return site.http.request(asked["method"], asked["url"], **sent)


def kept(value: Any, besides: str = "") -> Any:
    """Return what is compared of a body."""
    if isinstance(value, dict):
        left = {name: part for name, part in value.items() if name not in {*DROPPED, besides}}
        return {name: kept(part, besides) for name, part in left.items()}
    if isinstance(value, list):  # the front page is a course too, and each site's own
        return [kept(part, besides) for part in value if "'format': 'site'" not in str(part)]
    return value


def body_of(answer: httpx.Response) -> Any:
    if "xml" in answer.headers["Content-Type"]:
        code = re.search(r"<ERRORCODE>(\w+)", answer.text)
        return {"xml": code[1] if code else "an answer"}
    return answer.json()


def differs(site: Site, name: str) -> str:
    """Return in what an answer is not the recorded one; "" where it is."""
    answer, then = say(site, name), exchange(name)["response"]
    if answer.status_code != then["status"]:
        return f"{answer.status_code} {answer.text[:300]}"
    told = then["headers"]["Content-Type"]
    if answer.headers["Content-Type"] != told:
        return f"{answer.headers['Content-Type']} is not {told}"
    if "body" not in then:
        return ""
    besides = BESIDES.get(name, "")
    now, before = kept(body_of(answer), besides), kept(site.expected(then["body"]), besides)
    return (
        "" if now == before else f"{json.dumps(now)[:1500]}\n  is not\n{json.dumps(before)[:1500]}"
    )


def test_every_call_that_reads_is_answered_as_it_was(site: Site) -> None:
    reading = [n for n in families()["ws"] if n not in (*APART, *WRITES, *REPORTS)]

    wrong = {name: told for name in reading if (told := differs(site, name))}

    assert wrong == {}, "\n\n".join(f"{name}: {told}" for name, told in wrong.items())
    assert len(reading) > 60


def test_what_was_handed_in_as_a_file_is_told_and_given_out_as_it_was(site: Site) -> None:
    site.lay(*recorded_site.report(draft=True))
    draft = differs(site, DRAFT)
    site.lay(*recorded_site.report())

    assert draft == ""
    assert differs(site, "ws_submissions_file") == ""
    wrong = {name: told for name in families()["file"] if (told := differs(site, name))}
    assert wrong == {}
    for name in families()["file"]:
        now, then = say(site, name).headers, exchange(name)["response"]["headers"]
        same = ("Accept-Ranges", "Access-Control-Allow-Origin")
        assert [now.get(one) for one in same if one in then] == [
            then[one] for one in same if one in then
        ]


def test_grades_are_taken_and_refused_as_they_were(site: Site) -> None:
    # One works only while there is no comment, the other fails only once there is one.
    first, last = "ws_save_grade_no_plugindata", f"{ERR}_no_plugindata_existing_comment"
    order = [first, *(name for name in WRITES if name not in (first, last)), last]

    wrong = {name: told for name in order if (told := differs(site, name))}

    assert wrong == {}


def test_a_token_is_given_for_a_login_and_for_nothing_else(site: Site) -> None:
    given = {"username": "student1", "password": "student1", "service": "tutorai"}

    answer = site.http.post(f"{site.url}/login/token.php", data=given)

    assert answer.json()["token"] == recorded_site.token("<WS_TOKEN_STUDENT1>")


def test_no_recording_is_left_out() -> None:
    assert set(APART) <= set(families()["ws"])
    assert len(families()["ws"]) == 109
    assert len(families()["file"]) == 13
