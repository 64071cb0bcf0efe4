FROM python:3.12-slim-bookworm AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups
# Message catalogues are compiled here; the compiler stays behind.
COPY manage.py ./
COPY tutorai tutorai
COPY lti lti
COPY connectors connectors
COPY agents agents
COPY templates templates
COPY static static
COPY locale locale
RUN uv pip install --no-cache --target /tmp/babel 'babel>=2.17' \
 && PYTHONPATH=/tmp/babel DEVELOPMENT=1 .venv/bin/python manage.py messages \
 && rm -rf connectors/sandbox connectors/*/fake connectors/*/fake.py

FROM python:3.12-slim-bookworm
# To read scans and pictures too: --build-arg OCR="tesseract-ocr tesseract-ocr-spa" (and so on).
ARG OCR=""
# hadolint ignore=DL3008,SC2086
RUN if [ -n "$OCR" ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends $OCR \
      && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --uid 10001 --create-home tutorai && install -d -o tutorai /data
WORKDIR /app
COPY --from=build /app /app
# Asked to end, a worker finishes what it does, or hands it back (SHUTDOWN_SECONDS).
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data REMAP_SIGTERM=SIGQUIT
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--no-access-log", "--no-proxy-headers"]
