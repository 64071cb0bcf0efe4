"""Which platform is which, and which hosts speak for it."""

import pytest

from lti.platforms.profile import host_of
from lti.registration import profiles

HOSTS = {
    "https://LMS.example/path": "lms.example",
    "https://lms.example:443/": "lms.example",
    "https://lms.example:8443/": "lms.example:8443",
    "http://[::1]:8080/": "[::1]:8080",
    "https://[": "",
    "lms": "",
    "https://lms.example:99999/": "",
}
CANVAS = "https://canvas.instructure.com"
SPEAKS = [
    ("lms.example", "https://lms.example/moodle", True),
    ("lms.example:8443", "https://lms.example", False),
    ("evil.example", "https://lms.example", False),
    ("lms.example.evil.example", "https://lms.example", False),
    ("sso.canvaslms.com", CANVAS, True),
    ("school.instructure.com", CANVAS, True),
    ("instructure.com.evil.example", CANVAS, False),
    ("evilinstructure.com", CANVAS, False),
    ("sso.canvaslms.com", "https://school.example", False),
    ("developer.blackboard.com", "https://blackboard.com", True),
    ("lti-service.svc.schoology.com", "https://schoology.schoology.com", True),
    ("", "", False),
]


@pytest.mark.parametrize("url", HOSTS)
def test_a_host_is_told_with_a_port_that_is_not_the_usual(url: str) -> None:
    assert host_of(url) == HOSTS[url]


@pytest.mark.parametrize(("host", "issuer", "may"), SPEAKS, ids=lambda told: str(told) or "none")
def test_an_issuer_is_spoken_for_by_itself_and_its_vendor(
    host: str, issuer: str, may: bool
) -> None:
    assert profiles.speaks_for(host, issuer) is may


@pytest.mark.parametrize(
    ("product", "issuer", "family"),
    [
        ("Moodle", "https://a.example", "moodle"),
        ("desire2learn", "https://a.example", "d2l"),
        ("", CANVAS, "canvas"),
        ("BlackboardLearn", "https://blackboard.com", "blackboard"),
        ("something new", "https://a.example", "other"),
    ],
)
def test_a_platform_is_known_by_its_own_name_or_its_issuer(
    product: str, issuer: str, family: str
) -> None:
    assert profiles.by_product(product, issuer).family == family
    assert profiles.by_family(family).family == family


def test_a_family_nobody_knows_is_any_platform() -> None:
    assert profiles.by_family("angel").family == "other"
