"""Two schools never share anything, whatever they have in common."""

from collections.abc import Callable

from lti.models import Deployment, Registration
from tests.lti.platform import LEARNER, REMOVE, Platform, http
from tutorai.ids import new_id
from tutorai.lmsdm.models import Identity, Institution

Another = Callable[..., Platform]


def test_two_schools_on_one_issuer_share_no_person_and_no_course(another: Another) -> None:
    issuer = f"https://cloud.example/{new_id()}"
    one, two = another(issuer=issuer, client_id="a"), another(issuer=issuer, client_id="b")
    one.register(institution=one.name)
    two.register(institution=two.name)

    here, there = one.launch().session, two.launch().session

    assert here.user.institution_id != there.user.institution_id
    assert here.user_id != there.user_id
    assert here.course_id != there.course_id
    assert here.resource_link_id != there.resource_link_id


def test_two_schools_on_one_client_are_told_apart_by_their_deployment(platform: Platform) -> None:
    school = Institution.objects.create(name="Other", slug=f"other-{new_id()}")
    Deployment.objects.create(
        registration=platform.registration,
        deployment_id="deployment-2",
        institution=school,
        status="active",
    )

    here = platform.launch().session
    there = platform.launch(deployment_id="deployment-2").session

    assert there.user.institution_id == school.pk != here.user.institution_id
    assert here.user_id != there.user_id
    assert here.course_id != there.course_id


def test_a_school_says_what_roles_mean_for_its_own_people_alone(platform: Platform) -> None:
    school = Institution.objects.create(name="Other", slug=f"other-{new_id()}")
    row = platform.registration
    told = {"institution": school, "status": "active"}
    Deployment.objects.create(registration=row, deployment_id="deployment-2", **told)
    Registration.objects.filter(pk=row.pk).update(roles={LEARNER: "teacher"})

    here = platform.launch(roles=[LEARNER]).session
    there = platform.launch(roles=[LEARNER], deployment_id="deployment-2").session

    assert (here.role, there.role) == ("teacher", "student")


def test_a_person_is_the_sub_byte_for_byte(platform: Platform) -> None:
    subs = ["Ada", "ada", "ada ", "Ada\u0301", "Ad\u00e1"]

    people = {platform.launch(sub=sub).session.user_id for sub in subs}

    assert len(people) == len(subs)


def test_the_same_mail_joins_nobody(platform: Platform) -> None:
    one, two = platform.launch(sub="a").session, platform.launch(sub="b").session

    assert one.user.email == two.user.email
    assert one.user_id != two.user_id


def test_a_person_outside_a_course_is_the_same_inside(platform: Platform) -> None:
    assert platform.launch(context=REMOVE).session.user_id == platform.launch().session.user_id


def test_an_identity_whose_person_was_erased_gets_a_person_again(platform: Platform) -> None:
    gone = platform.launch().session
    gone.user.delete()

    back = platform.launch().session

    assert back.user_id == gone.user_id
    assert Identity.objects.filter(row=back.user_id, kind="user").count() == 1


def test_a_login_that_fits_two_registrations_is_refused(another: Another) -> None:
    issuer = f"https://cloud.example/{new_id()}"
    one, two = another(issuer=issuer, client_id="a"), another(issuer=issuer, client_id="b")
    one.register()
    two.register()

    answer = http("POST", f"{one.tool.url}/lti/login", data=one.login_with(client_id=""))

    assert (answer.status_code, "unknown_platform" in answer.text) == (400, True)


def test_its_own_login_address_tells_a_registration_from_others(another: Another) -> None:
    issuer = f"https://cloud.example/{new_id()}"
    one, two = another(issuer=issuer, client_id="a"), another(issuer=issuer, client_id="b")
    slug = one.register().login_slug
    two.register()

    begun = one.login(slug=slug, client_id="")
    other = http("POST", f"{one.tool.url}/lti/login/{slug}", data=two.login_with())

    assert begun.row.registration == one.registration
    assert other.status_code == 400


def test_a_token_of_one_school_opens_nothing_with_the_state_of_another(
    platform: Platform, another: Another
) -> None:
    other = another()
    other.register()
    begun = other.login()

    answer = other.post(begun, platform.sign(platform.claims(begun)))

    assert answer.status_code == 401
    assert begun.row.failure == "invalid_token"
