"""What Prometheus reads: numbers of the whole installation, of no person and no course."""

from django.http import HttpRequest, HttpResponse
from prometheus_client.exposition import choose_encoder

from tutorai.access import operator
from tutorai.metrics import registry
from tutorai.threads import in_slow_thread

_registry = registry()


@operator
async def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the format the caller prefers."""
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    written = await in_slow_thread(encode)(_registry)
    return HttpResponse(written, content_type=content_type)
