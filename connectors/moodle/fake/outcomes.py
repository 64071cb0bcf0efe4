"""The older way to a grade that Moodle still offers beside AGS: LTI 1.1's Basic Outcomes.

Source: Moodle 4.5 recordings, nrps_get_rlid and lti_student_launch_4_auth_response
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from connectors.sandbox import settings
from connectors.sandbox.models import Person, PlacedLink, Tool

CLAIM = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
SALT = secrets.token_hex()  # nothing takes the hash back: Basic Outcomes are not played


def claims(tool: Tool, person: Person, link: PlacedLink) -> dict[str, Any]:
    """Return the claim of an activity that takes grades; of another, none."""
    if link.line_item_id is None:
        return {}
    data: dict[str, Any] = {
        "instanceid": link.uuid,
        "userid": person.uuid,
        "typeid": str(tool.id),
        "launchid": secrets.randbelow(2**31),
    }
    written = json.dumps(data, separators=(",", ":"))
    digest = hashlib.sha256(f"{written}{SALT}".encode()).hexdigest()
    sourced = json.dumps({"data": data, "hash": digest}, separators=(",", ":"))
    url = f"{settings.SANDBOX_URL}/mod/lti/service.php"
    return {CLAIM: {"lis_result_sourcedid": sourced, "lis_outcome_service_url": url}}
