# Two stages: the first installs into a virtual environment, the second carries only that and the code.
# Weights and data are volumes: the starter models ship in the image, larger ones are mounted over them.
FROM python:3.12-slim AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY engine engine
COPY migrations migrations
COPY sandbox sandbox
COPY training training
# A build argument chooses where torch comes from, so that an image without CUDA can be small:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu .
ARG TORCH_INDEX=
RUN if [ -n "$TORCH_INDEX" ]; then pip install --index-url "$TORCH_INDEX" 'torch>=2.6,<2.14'; fi \
    && pip install '.[postgres]'

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 faraday \
    && mkdir -p /app/data /app/weights && chown -R faraday /app
COPY --from=build /venv /venv
COPY --chown=faraday weights /app/weights
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
USER faraday
VOLUME ["/app/data", "/app/weights"]
# The configuration is mounted: docker run -v ./config.toml:/app/config.toml -e FARADAY_TOKEN=… faraday
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot", "run", "--config", "/app/config.toml"]
