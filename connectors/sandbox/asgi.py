"""What uvicorn serves."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from connectors.sandbox.reasons import Spoken

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connectors.sandbox.settings")
application = Spoken(get_asgi_application())
