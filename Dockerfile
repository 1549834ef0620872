# kwhen in a container: `docker build --tag kwhen .`; how to run it is told in compose.yaml.

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE NOTICE ./
COPY requirements requirements
COPY web web
COPY docs docs
COPY src src
# The wheel has the docs, and the portal's scripts, which npm fetches by its lock.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
# The versions that the tests ran with; what the lock has beside them is not installed.
RUN sed -nE 's/^([A-Za-z0-9_.-]+==[^ ;]+).*/\1/p' requirements/dev.txt > /wheels/versions.txt \
    && python -m venv /app \
    && wheel="$(echo /wheels/kwhen-*.whl)" \
    && /app/bin/pip install --no-cache-dir --constraint /wheels/versions.txt \
        "${wheel}[cli,service,import,parquet,solar,devices,fast,telemetry]"

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 kwhen \
    && useradd --system --uid 10001 --gid kwhen --home-dir /data --shell /usr/sbin/nologin kwhen \
    && install --directory --owner=kwhen --group=kwhen --mode=0700 /data
COPY --from=build /app /app
ENV PATH="/app/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    KWHEN_DATA=/data \
    KWHEN_CATALOG=/data/catalog \
    XDG_CACHE_HOME=/data/cache \
    KWHEN_HOST=0.0.0.0 \
    KWHEN_PORT=8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["kwhen"]
CMD ["serve"]
