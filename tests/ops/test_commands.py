"""What an operator asks from a shell: how the installation is, and what is held of somebody."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from agents.models.talk import Attachment, Conversation, Message
from lti import keys
from tests import factories
from tutorai import privacy
from tutorai.crypto import encrypt
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Identity, User


def told(*words: str) -> Any:
    out = StringIO()
    call_command(*words, stdout=out)
    return json.loads(out.getvalue())


def test_a_doctor_tells_of_settings_services_keys_queues_and_models_and_no_secret() -> None:
    keys.ensure()
    school = factories.an_institution()
    factories.an_endpoint(school, name="mine", key=encrypt("sk-secret", purpose="model-key"))
    Job.objects.create(kind="gone", queue="doctors", state=Job.State.BURIED)

    found = told("doctor")

    assert found["well"]
    assert found["services"] == {"postgres": True, "redis": True, "files": True}
    assert (found["keys"]["signs"], found["migrations_to_come"]) == (True, 0)
    assert found["queues"]["doctors"] == {"due": 0, "running": 0, "buried": 1, "late_seconds": 0}
    mine = [one for one in found["models"]["endpoints"] if one["institution"] == school.slug]
    assert [(one["name"], one["opens"], one["probed_at"]) for one in mine] == [("mine", True, None)]
    assert "sk-secret" not in json.dumps(found)


def test_a_doctor_ends_with_one_where_a_service_is_away(
    nobody_there: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor")

    found = json.loads(capsys.readouterr().out)
    assert (found["well"], found["services"]["redis"]) == (False, False)


@pytest.fixture
def ada() -> User:
    """Somebody with a talk, a file, an identity and a grade that was proposed."""
    user = factories.a_user(name="Ada Quillfeather")
    place = factories.an_enrolment(user=user)
    made = {"institution": user.institution, "course": place.course, "user": user}
    talk = Conversation.objects.create(**made, title="What is heat?")
    said = Message.objects.create(conversation=talk, user=user, role="user", text="What is heat?")
    blob = default_storage.save("asked/note.txt", ContentFile(b"my note"))
    Attachment.objects.create(
        **made, message=said, kind="code", name="note.txt", mime="text/plain", size=7, blob=blob
    )
    Identity.objects.create(
        institution=user.institution, source="lti:x", kind="user", external_id="7", row=user.pk
    )
    about = {"payload": {"user": str(user.pk)}}
    Proposal.objects.create(
        institution=user.institution, course=place.course, kind="grade", made_by="ai", **about
    )
    Job.objects.create(kind="gone", queue="grades", state=Job.State.DONE, **about)
    return user


def test_a_person_is_handed_over_and_erased_with_a_receipt(ada: User, tmp_path: Path) -> None:
    words = ["forget", "--institution", ada.institution.slug, "--user", str(ada.pk)]
    blob = str(Attachment.objects.get(user=ada).blob)
    packed = tmp_path / "ada.zip"

    looked = told(*words)
    assert not looked["erased"]
    assert User.objects.filter(pk=ada.pk).exists()
    gone = told(*words, "--export", str(packed), "--yes")

    with ZipFile(packed) as held:
        assert "What is heat?" in held.read("holdings.json").decode()
        assert held.read(f"files/{blob}") == b"my note"
    went = [one for one in gone["gone"] if one["model"] != "ledger.AuditEvent"]
    assert (gone["erased"], gone["files"], went) == (True, 1, looked["held"])
    assert {one["goes"] for one in gone["left"]} <= {"opaque"}
    assert {one.model for one, _n in privacy.held(ada.pk)} <= {"ledger.AuditEvent", "agents.Tally"}
    assert not Identity.objects.filter(row=ada.pk).exists()
    assert not Job.objects.filter(payload__user=str(ada.pk)).exists()
    assert not Proposal.objects.filter(payload__user=str(ada.pk)).exists()
    assert not default_storage.exists(blob)
    verbs = AuditEvent.objects.filter(subject=ada.pk).values_list("verb", flat=True)
    assert set(verbs) == {"person.export", "person.erase"}
    with pytest.raises(CommandError):
        told(*words)


def test_nobody_is_erased_while_a_grade_of_theirs_is_on_its_way_nor_from_another_school(
    ada: User, tmp_path: Path
) -> None:
    course = ada.enrolments.get().course
    made = {"institution": ada.institution, "proposal": Proposal.objects.get(course=course)}
    GradeIntent.objects.create(
        **made, line_item=factories.a_column(course), user=ada, version=1, points=1, maximum=10
    )
    words = ["--user", str(ada.pk), "--yes"]

    with pytest.raises(CommandError, match="on its way"):
        told("forget", "--institution", ada.institution.slug, *words)
    with pytest.raises(CommandError):
        told("forget", "--institution", factories.an_institution().slug, *words)
    assert User.objects.filter(pk=ada.pk).exists()
