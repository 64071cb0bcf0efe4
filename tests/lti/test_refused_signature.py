"""A platform that cannot have our keys for a moment says that it does not know our signature."""

from tutorai.errors import ToolRefused
from tutorai.ledger import attempts, jobs
from tutorai.ledger.attempts import Work
from tutorai.ledger.models import Job


def test_a_refused_signature_is_tried_again_before_the_job_is_given_up() -> None:
    def refused(job: Job) -> None:
        raise ToolRefused()

    job = jobs.add("kind", {}, queue="sync")
    attempts.attempt(job.pk, {"kind": Work(refused)})

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == ("waiting", 1, "tool_refused")
