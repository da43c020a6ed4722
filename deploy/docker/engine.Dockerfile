# The browser's pages, built by the versions of web/package-lock.json, each checked by its hash. Nothing of Node gets further.
FROM node:22-bookworm-slim AS pages

WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

# The engine. Run-time packages only, each checked by its hash; the code runs from its folder, nothing is installed from it.
FROM python:3.11-slim-bookworm

WORKDIR /opt/hotline
COPY requirements-engine.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-engine.lock

# The number is Asterisk's too: both read and write the same volumes. A new volume gets these folders' owner.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin hotline \
    && install -d -m 0750 -o hotline -g hotline \
        /var/lib/hotline /var/lib/hotline/asterisk /var/lib/hotline/recordings

# .dockerignore lets through what runs and nothing else, above all no secrets.
COPY . ./
RUN rm -rf web
COPY --from=pages /web/dist web/dist

ENV PYTHONPATH=/opt/hotline PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER hotline
ENTRYPOINT ["python", "-P", "-m", "engine"]
CMD ["serve"]
