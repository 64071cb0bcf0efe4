"""The sandbox's page of keys and tokens, as somebody who tries Tutor.AI uses it."""

import re

from tests.sandbox.making import HTTP, College

ENDS = re.compile(r'name="token" value="(\d+)" aria-label="End the token of ([^"]+)"')


def test_a_token_is_made_and_ended_on_a_page(college: College) -> None:
    place = f"{college.url}/worlds/{college.name}/access"
    before = dict(ENDS.findall(HTTP.get(place).text))
    teacher = college.person("teacher")

    made = HTTP.post(place, data={"person": teacher["id"], "scopes": ""}, follow_redirects=True)
    (fresh,) = dict(ENDS.findall(made.text)).keys() - before.keys()
    ended = HTTP.post(place, data={"token": fresh}, follow_redirects=True)

    assert dict(ENDS.findall(ended.text)) == before
    assert HTTP.post(place, data={"token": fresh}).status_code == 404
    assert HTTP.post(place, data={"token": "x"}).status_code == 404
