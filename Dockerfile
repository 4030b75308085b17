# The base can be pinned further at build time: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS libraries
WORKDIR /build
COPY requirements.txt .
RUN python3 -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
 && /venv/bin/pip uninstall --yes --quiet pip setuptools

FROM ${BASE}
LABEL org.opencontainers.image.title="Unrolled" \
      org.opencontainers.image.description="Watch gradients flow through time" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --user-group --home-dir /unrolled --shell /usr/sbin/nologin unrolled \
 && install --directory --owner=unrolled --group=unrolled /data
COPY --from=libraries /venv /venv
WORKDIR /unrolled
COPY LICENSE ./
COPY templates templates
COPY static static
COPY engine engine
COPY app app
# Bytecode is written now: at run time the root file system may be read-only.
RUN /venv/bin/python -m compileall -q app engine
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    UNROLLED_DATA_DIR=/data \
    UNROLLED_REQUIRE_TOKEN=1 \
    UNROLLED_RATE_LIMIT="60/second;2400/minute" \
    UNROLLED_LOG_JSON=1 \
    UNROLLED_LOG_REQUESTS=1
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["python", "-m", "app"]
