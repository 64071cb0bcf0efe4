"""The journeys of data through the house. Read this first.

Each is a few lines: who does what lives in lti, connectors and agents, and only LMS-DM passes
between them. A flow that takes long runs as a job of `WORK`.
"""

from collections.abc import Callable, Mapping

from tutorai.ledger.models import Job

WORK: Mapping[str, Callable[[Job], None]] = {}
