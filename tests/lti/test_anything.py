"""Whatever is sent, nobody meets a broken page."""

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lti.models import LaunchSession
from tests.conftest import Running
from tests.lti.platform import LTI, Platform, Server, http, new, private_key

SETTINGS = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # surrogates and NUL as well
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just("x" * 3000)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "name", "email", "locale"),
    *(
        LTI + name
        for name in (
            "message_type",
            "version",
            "deployment_id",
            "target_link_uri",
            "roles",
            "context",
            "resource_link",
            "launch_presentation",
            "tool_platform",
            "custom",
        )
    ),
]
INSIDE = ["id", "title", "label", "locale", "return_url", "product_family_code"]
CHANGES = st.dictionaries(
    st.sampled_from(NAMES) | TEXT,
    JSON | st.dictionaries(st.sampled_from(INSIDE), JSON, max_size=3),
    min_size=1,
    max_size=3,
)
PART = b'--x\r\nContent-Disposition: form-data; name="iss"\r\n\r\na\r\n--x--\r\n'
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), JSON, max_size=2)


@pytest.fixture(scope="module")
def hostile(tool: Running, key_server: Server) -> Platform:
    """One platform for all examples."""
    made = new(tool, key_server)
    made.register("--family", "canvas")
    return made


@SETTINGS
@given(changes=CHANGES, gone=st.sets(st.sampled_from(NAMES), max_size=1))
def test_no_signed_launch_however_wrong_breaks_the_tool(
    hostile: Platform, changes: dict[str, Any], gone: set[str]
) -> None:
    begun = hostile.login()
    claims = {**hostile.claims(begun), **changes}
    body = {name: value for name, value in claims.items() if name not in gone}
    token = jwt.api_jws.encode(
        json.dumps(body).encode(), private_key(), "RS256", headers={"kid": hostile.kid}
    )

    answer = hostile.post(begun, token)

    assert answer.status_code in {200, 400, 401, 403}
    opened = LaunchSession.objects.filter(pk=begun.row.pk).exists()
    assert opened == (answer.status_code == 200) != bool(begun.row.failure)


@SETTINGS
@given(header=HEADERS, cut=st.integers(0, 2000), put=st.binary(max_size=6))
def test_no_mutated_token_breaks_the_tool_or_opens_it(
    hostile: Platform, header: dict[str, Any], cut: int, put: bytes
) -> None:
    begun = hostile.login()
    head, body, mark = hostile.sign(hostile.claims(begun)).split(".")
    told = json.dumps({"alg": "RS256", "kid": hostile.kid, **header}).encode()
    head = jwt.utils.base64url_encode(told).decode() if header else head
    whole = f"{head}.{body}.{mark}".encode()
    at = cut % len(whole)
    token = whole[:at] + (put or b"~") + whole[at + 1 :]

    answer = hostile.send({"id_token": token, "state": begun.state}, begun.cookie)

    assert answer.status_code in {400, 401}
    assert begun.row.failure


@SETTINGS
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                *("iss", "client_id", "login_hint", "target_link_uri", "lti_deployment_id"),
                *("lti_message_hint", "lti_storage_target", "state", "id_token", "error"),
                "binder",
            ]
        ),
        st.binary(max_size=60) | TEXT.map(lambda text: text.encode(errors="surrogatepass")),
        max_size=4,
    ),
    path=st.sampled_from(["/lti/login", "/lti/login/x", "/lti/launch", "/lti/launch/confirm"]),
    post=st.booleans(),
    fitting=st.booleans(),
)
def test_no_parameters_break_the_tool(
    hostile: Platform, fields: dict[str, bytes], path: str, post: bool, fitting: bool
) -> None:
    good = hostile.login_with() if fitting else {}
    sent = {**{name: text.encode() for name, text in good.items()}, **fields}
    written = urlencode(sent)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = hostile.tool.url + path

    if post:
        answer = http("POST", url, content=written, headers=form)
    else:
        answer = http("GET", f"{url}?{written}")

    assert answer.status_code in {200, 302, 400, 405}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=nonsense", b"state=%ff&id_token=\xff"),
        ("application/x-www-form-urlencoded; charset=unicode_escape", b"login_hint=\\ud800"),
        ("multipart/form-data; boundary=x; charset=hex", PART),
        ("multipart/form-data; boundary=x; charset=idna", PART),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2000))),
        ("application/x-www-form-urlencoded", b"id_token=" + b"x" * 4_000_000),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("application/json", b'{"state": 1}'),
        ("text/plain", b"\x00\xff"),
    ],
    ids=["charset", "escape", "hex", "idna", "many", "large", "boundary", "broken", "json", "text"],
)
@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch", "/lti/launch/confirm"])
def test_no_body_breaks_the_tool(hostile: Platform, path: str, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind}

    answer = http("POST", hostile.tool.url + path, content=body, headers=headers)

    assert answer.status_code in {400, 413}
    assert answer.headers["Content-Type"].startswith("text/html")
