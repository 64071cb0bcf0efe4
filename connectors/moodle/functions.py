"""What of Moodle's web services we call: an administrator puts these into the service.

Source: https://docs.moodle.org/405/en/Using_web_services and a recorded Moodle 4.5.6
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

READING = _("read the course and its structure")
SECTIONS = _("know which sections are restricted: without it none is shown to students")
PAGES = _("read pages")
NEWS = _("read announcements")
WORK = _("read assignments and their dates")
QUIZZES = _("list quizzes")
PEOPLE = _("know who is in the course, and in which groups")
HANDED_IN = _("read what students handed in, and its grades")
GRADING = _("enter grades that were approved")
POSTING = _("post announcements that were approved")

# In the order in which Moodle's own list has them.
FUNCTIONS: Mapping[str, str | Promise] = {
    "core_course_get_contents": READING,
    "core_course_get_courses": READING,
    "core_course_get_courses_by_field": READING,
    "core_courseformat_get_state": SECTIONS,
    "core_enrol_get_enrolled_users": PEOPLE,
    "core_enrol_get_users_courses": READING,
    "core_grading_get_definitions": WORK,
    "core_group_get_course_groupings": PEOPLE,
    "core_group_get_course_groups": PEOPLE,
    "core_group_get_group_members": PEOPLE,
    "core_group_get_groupings": PEOPLE,
    "core_webservice_get_site_info": READING,
    "mod_assign_get_assignments": WORK,
    "mod_assign_get_grades": HANDED_IN,
    "mod_assign_get_submissions": HANDED_IN,
    "mod_assign_save_grade": GRADING,
    "mod_forum_add_discussion": POSTING,
    "mod_forum_get_forum_discussions": NEWS,
    "mod_forum_get_forums_by_courses": NEWS,
    "mod_page_get_pages_by_courses": PAGES,
    "mod_quiz_get_quizzes_by_courses": QUIZZES,
}
DOWNLOADS = "downloadfiles"  # a setting of the service; without it no file can be had
FILES = _("read files: tick “Can download files” in the service")


def why(name: str) -> str:
    """Return what a function that is missing is for, for people."""
    return str(FILES if name == DOWNLOADS else FUNCTIONS.get(name, READING))


def page(base_url: str) -> str:
    """Return the page on which an administrator adds functions to the service."""
    return f"{base_url.rstrip('/')}/admin/settings.php?section=externalservices"


def lacking(told: Any, downloads: Any) -> tuple[str, ...]:
    """Return what a service leaves out, given the names of its functions."""
    there = set(told)
    missing = [name for name in FUNCTIONS if name not in there]
    return tuple(missing if downloads else [*missing, DOWNLOADS])
