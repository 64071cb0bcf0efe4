"""Under which hosts programs call us, and from within which pages."""

from urllib.parse import urlsplit

from django.conf import settings


def hosts() -> list[str]:
    """Return under which hosts we are called: our own address, and what ALLOWED_HOSTS names."""
    own = urlsplit(settings.PUBLIC_URL)
    named = [host for host in settings.ALLOWED_HOSTS if "*" not in host and host]
    names = {own.netloc, f"{own.hostname}", *named, *(f"{host}:*" for host in named)}
    if settings.DEVELOPMENT:
        names |= {"localhost:*", "127.0.0.1:*"}
    return sorted(names | {f"{own.hostname}:{own.port or 443}"})


def allowed() -> list[str]:
    """Return which origins of pages may call."""
    own = urlsplit(settings.PUBLIC_URL)
    return [f"{own.scheme}://{own.netloc}", *settings.MCP_ORIGINS]
