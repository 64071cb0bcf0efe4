"""Blackboard Learn as the sandbox plays it: its gradebook for tools (AGS), and its REST API.

Each route names what it follows: "swagger" is https://developer.anthology.com/portal/displayApi,
"docs" https://docs.anthology.com/docs/blackboard/rest-apis/, § a chapter of connectors.md. Where
neither tells a shape (the answers of a test's questions) it says so.

Played to fail who reads naively: lists go on at an address without a host; a page of Ultra is a
folder with the document in it; no list says what has release rules; only half of a page may be
there; a grade that is written is an override and posts at once; a token asked for again is the
same one with fewer seconds.
"""

from __future__ import annotations

from django.urls import path, re_path

from connectors.blackboard.fake import (
    announcements,
    contents,
    courses,
    files,
    gradebook,
    people,
    questions,
    rubrics,
    rules,
    tokens,
)
from connectors.blackboard.fake.routes import nothing, routes_of

REST = "learn/api/public/v1"

urlpatterns = [
    path(f"{REST}/oauth2/token", tokens.token),
    path(f"{REST}/oauth2/authorizationcode", tokens.consent),
    path(f"{REST}/oauth2/accept", tokens.accept),
    *routes_of(
        courses, people, contents, rules, files, questions, gradebook, rubrics, announcements
    ),
    path("bbcswebdav/stored/<str:signed>", files.stored),
    re_path(r"^learn/api/public/", nothing),
]
