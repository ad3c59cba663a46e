# The first stage installs the bot into a virtual environment. The second stage copies that environment and the starter
# models, so that the image holds no build tools. Weights and data are volumes: mount your own models over /app/weights.
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
# Take torch from another index to get a small image without CUDA:
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
# Mount the configuration: docker run -v ./config.toml:/app/config.toml:ro -e FARADAY_TOKEN=… faraday
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot", "run", "--config", "/app/config.toml"]
