"""Look this installation over. Prints one JSON object; ends with 1 where something is not well."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from tutorai import diagnosis


class Command(BaseCommand):
    help = "Say how this installation is: settings, services, keys, queues, language models."
    requires_system_checks = ()  # what they find is told

    def handle(self, **_: Any) -> None:
        found = diagnosis.looked()
        self.stdout.write(json.dumps(found, ensure_ascii=False))
        if not found["well"]:
            sys.exit(1)
