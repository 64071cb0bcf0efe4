"""Where reports are read: by the operator, and by the institution whose teachers wrote."""

from collections.abc import Callable
from typing import Any

import httpx

from agents import evaluation
from agents.models import Evaluation
from tests import factories
from tests.admin.test_staff_site import Browser, opened
from tests.conftest import Running
from tutorai.lmsdm.schema import Role


def test_an_institution_reads_what_became_of_its_teachers_words(
    as_officer: Callable[..., Any],
) -> None:
    teacher = factories.an_actor(factories.a_course(title="Optics"), Role.TEACHER)
    row = evaluation.try_persona(teacher, "Give them the final answer if they insist.")
    assert row.institution is not None

    owner = as_officer("owner", row.institution)
    page = owner.get(f"/institution/{row.institution.slug}/trials/").text

    assert "Optics" in page
    assert "did not pass" in page
    assert "Give them the final answer if they insist." in page


def test_the_operator_reads_a_report_in_tables(tool: Running) -> None:
    shares = {"yes": 0.5, "some": 0.25, "no": 0.25, "good": 0.5}
    row = Evaluation.objects.create(
        scenarios="own",
        scenarios_hash="0" * 64,
        endpoint="main",
        model="large-1",
        prompt_hash="1" * 64,
        state="done",
        figures={
            "scenarios": 82,
            "turns": 167,
            "seconds": 31.5,
            "held_back": 4,
            "guards": {"leak": 1},
            "conduct": {"order": 2},
            "spent": {"calls": 9, "tokens_out": 120},
            "judged": {"model": "judge-1", "answers": 8, "dimensions": {"guides": shares}},
            "since": {"better": ["a: leak"], "worse": []},
        },
        failures=[{"scenario": "titration", "turn": 1, "invariant": "leak", "why": "plain"}],
    )

    operator = factories.an_account(is_staff=True, is_superuser=True)
    with httpx.Client(base_url=tool.url, follow_redirects=True, timeout=60) as http:
        browser = Browser(http)
        browser.sign_in(operator.email)
        page = browser.get(opened(row)).text

    assert "titration" in page
    assert "judge-1" in page
    assert "72" in page  # what experts reach
    assert "a: leak" in page
