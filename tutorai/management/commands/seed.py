"""Make the pretend LMS ready to try: its teacher launches, connects the courses and opens them."""

import html
import json
import re
import time
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from tutorai import flows
from tutorai.errors import TutorError
from tutorai.http import Http
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course

FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')
ISLAND = re.compile(r'id="launch"[^>]*>(.*?)</script>', re.DOTALL)
PATIENCE, STEP = 60, 0.2  # seconds
NEW = ("study",)  # left for you to set up: what a teacher meets at first


class Command(BaseCommand):
    help = "Register the sandbox LMS, and open its courses as their teacher would, over HTTP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sandbox", required=True, help="where the sandbox answers")
        parser.add_argument("--tool", default=settings.PUBLIC_URL, help="where the tool answers")

    def handle(self, *, sandbox: str, tool: str, **_: Any) -> str:
        http = Http()
        places = (sandbox, tool)
        try:
            told = http.request("GET", f"{sandbox}/sandbox/courses").json()
            call_command("lti_register", *told["registration"]["lti_register"], stdout=StringIO())
            opened = [
                course["name"]
                for key, course in told["courses"].items()
                if key not in NEW and _open(http, places, told["people"]["teacher"], course)
            ]
        except (TutorError, ValueError, KeyError) as error:
            raise CommandError(f"The sandbox at {sandbox} cannot be made ready: {error}") from error
        finally:
            http.close()
        _wait_until_read()
        return f"Opened: {', '.join(opened) or 'nothing new'}."


def _wait_until_read() -> None:
    """Wait for the courses' text, for whoever launches at once: words answer then."""
    end = time.monotonic() + PATIENCE
    live = Job.objects.filter(kind__in=[flows.SYNC, flows.INDEX], state__in=Job.LIVE)
    while live.exists() and time.monotonic() < end:
        time.sleep(STEP)


def _open(
    http: Http, places: tuple[str, str], teacher: dict[str, Any], course: dict[str, Any]
) -> bool:
    """Launch, connect, open; return False when it was open before."""
    sandbox, tool = places
    session = _launch(http, places, teacher["id"], course["id"])
    if Course.objects.filter(pk=session["course"]["id"], opened_at__isnull=False).exists():
        return False
    bearer = {"Authorization": f"Bearer {session['access_token']}"}
    given = {"base_url": sandbox, "token": teacher["token"]}
    for page, form in (("connect", given), ("open", {})):
        answer = http.request("POST", f"{tool}/pages/{page}", data=form, headers=bearer)
        if not answer.is_success:
            raise CommandError(f"The tool answered {answer.status_code} to {page}.")
    return True


def _launch(http: Http, places: tuple[str, str], person: str, course: str) -> Any:
    """Launch as a browser would, and return what the page's script is told."""
    sandbox, tool = places
    begun = http.request(
        "POST", f"{sandbox}/sandbox/launch", json={"person": person, "course": course}
    ).json()
    login = http.request("POST", begun["login_url"], data=begun["parameters"])
    form = http.request("GET", login.headers["Location"]).text
    fields = {name: html.unescape(value) for name, value in FIELD.findall(form)}
    binder = {"Cookie": login.headers["Set-Cookie"].partition(";")[0]}
    page = http.request("POST", f"{tool}/lti/launch", data=fields, headers=binder)
    island = ISLAND.search(page.text)
    if island is None:
        raise CommandError(f"The tool answered {page.status_code} to a launch.")
    return json.loads(island[1])
