"""1EdTech's known bad payloads (BAD): each is refused, named, and spends its state."""

from typing import Any

import pytest

from tests.lti.platform import LTI, REMOVE, Platform, headed


def test_a_token_without_kid_is_refused_before_any_key_is_fetched_bad_01(
    platform: Platform,
) -> None:
    launched = platform.launch(header={"kid": None})

    assert launched.refused(400, "missing_kid")
    assert platform.fetches == 0


@pytest.mark.parametrize("kid", ["", 5, [], {}])
def test_a_kid_that_is_no_name_counts_as_missing_bad_01(platform: Platform, kid: Any) -> None:
    begun = platform.login()
    token = headed(platform.sign(platform.claims(begun)), kid=kid)

    answer = platform.post(begun, token)

    assert (answer.status_code, begun.row.failure) == (400, "missing_kid")


def test_an_unknown_kid_costs_one_more_look_at_the_keys_and_is_refused_bad_02(
    platform: Platform,
) -> None:
    assert platform.launch().role == "student"

    launched = platform.launch(header={"kid": "imstester_66067"})

    assert launched.refused(401, "unknown_kid")
    assert platform.fetches == 2


@pytest.mark.parametrize("version", ["11.3", 1.3, None])
def test_another_lti_version_is_refused_bad_03(platform: Platform, version: Any) -> None:
    assert platform.launch(version=version).refused(400, "claim_version")


def test_a_launch_without_lti_version_is_refused_bad_04(platform: Platform) -> None:
    assert platform.launch(version=REMOVE).refused(400, "claim_version")


def test_a_signed_message_that_is_no_launch_is_refused_bad_05(platform: Platform) -> None:
    begun = platform.login()

    answer = platform.post(begun, platform.sign({"name": "badltilaunch"}))

    assert answer.status_code == 400
    assert begun.row.failure.startswith("claim_")


def test_a_launch_without_most_of_its_claims_is_refused_bad_06(platform: Platform) -> None:
    gone = dict.fromkeys(("aud", "iss", "sub", "deployment_id", "roles"), REMOVE)

    assert platform.launch(**gone).refused(400, "claim_iss")


@pytest.mark.parametrize("name", ["aud", "iss", "sub", "deployment_id", "roles"])
def test_a_launch_without_any_one_of_them_is_refused_bad_06(platform: Platform, name: str) -> None:
    assert platform.launch(**{name: REMOVE}).refused(400, f"claim_{name}")


def test_a_launch_out_of_the_past_is_refused_bad_07(platform: Platform) -> None:
    assert platform.launch(iat=11111, exp=22222).refused(401, "invalid_token")


@pytest.mark.parametrize("kind", [REMOVE, "", "LtiLaunch", 7])
def test_a_launch_without_a_message_type_we_know_is_refused_bad_08(
    platform: Platform, kind: Any
) -> None:
    assert platform.launch(message_type=kind).refused(400, "claim_message_type")


@pytest.mark.parametrize("roles", [REMOVE, None, "Instructor", {}])
def test_a_launch_without_a_list_of_roles_is_refused_bad_09(platform: Platform, roles: Any) -> None:
    assert platform.launch(roles=roles).refused(400, "claim_roles")


@pytest.mark.parametrize("deployment", [REMOVE, "", None, 1, "x" * 256])
def test_a_launch_without_a_deployment_id_is_refused_bad_10(
    platform: Platform, deployment: Any
) -> None:
    assert platform.launch(deployment_id=deployment).refused(400, "claim_deployment_id")


@pytest.mark.parametrize("link", [REMOVE, None, {}, {"title": "x"}, {"id": ""}, {"id": None}])
def test_a_launch_without_a_resource_link_id_is_refused_bad_11(
    platform: Platform, link: Any
) -> None:
    assert platform.launch(resource_link=link).refused(400, "claim_resource_link")


@pytest.mark.parametrize("sub", [REMOVE, "", None, 5, "x" * 256])
def test_personal_claims_without_a_person_are_refused_bad_12(platform: Platform, sub: Any) -> None:
    assert platform.launch(sub=sub).refused(400, "claim_sub")


def test_a_launch_of_nobody_is_refused_unless_the_registration_takes_them_bad_12(
    platform: Platform,
) -> None:
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"), REMOVE)

    refused = platform.launch(**nobody)
    platform.registration.__class__.objects.filter(pk=platform.registration.pk).update(
        accepts_anonymous=True
    )
    first, second = platform.launch(**nobody), platform.launch(**nobody)
    half = platform.launch(**{**nobody, "email": "ada@school.example"})

    assert refused.refused(400, "claim_sub")
    assert first.session.user_id != second.session.user_id
    assert half.refused(400, "claim_sub")


def test_ids_too_long_for_any_platform_are_refused_bad_11(platform: Platform) -> None:
    long = "ж" * 256

    assert platform.launch(resource_link={"id": long}).refused(400, "claim_resource_link")
    assert platform.launch(context={"id": long}).refused(400, "claim_context")


@pytest.mark.parametrize("name", ["context", "resource_link", "launch_presentation", "custom"])
def test_text_that_no_database_holds_is_refused(platform: Platform, name: str) -> None:
    for text in ("a\x00b", "\ud800"):
        begun = platform.login()
        claims = platform.claims(begun)
        claims[f"{LTI}{name}"] = {"id": text, "title": text}

        answer = platform.post(begun, platform.sign(claims))

        assert (answer.status_code, begun.row.failure) == (400, "claim_text")
