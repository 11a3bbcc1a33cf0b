# One image for each service: docker build --build-arg SERVICE=chat --tag parley/chat .
# SERVICE is auth, topics, chat, signaling or gateway.
ARG NODE_IMAGE=node:24-bookworm-slim

# Only what npm reads, so that a change of the sources installs nothing again.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /parley
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

# What was built, the same for every service.
FROM ${NODE_IMAGE} AS build
WORKDIR /parley
COPY --from=manifests /parley ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npx tsc -b services/standalone services/gateway/app/build deploy/image && node services/gateway/app/dist/build/bundle.js

# One service with the libraries below it and what they depend on, without what only development needs.
FROM ${NODE_IMAGE} AS tree
WORKDIR /parley
COPY --from=manifests /parley ./
ARG SERVICE
RUN test -f "services/${SERVICE}/package.json" || { echo 'Name a service: --build-arg SERVICE=chat' >&2; exit 1; }; \
  npm ci --workspace "services/${SERVICE}" --omit=dev --ignore-scripts --no-audit --no-fund
COPY --from=build /parley/LICENSE /built/
COPY --from=build /parley/deploy /built/deploy
COPY --from=build /parley/libs /built/libs
COPY --from=build /parley/services /built/services
RUN /built/deploy/image/assemble.sh "${SERVICE}" /built /app

FROM ${NODE_IMAGE}
# Where volumes are mounted: a new one takes over who may write there. What stores keep they own themselves.
RUN for name in auth database database-owner database-auth database-topics database-chat database-signaling bus bus-auth bus-topics bus-chat bus-signaling bus-gateway bus-sample-data bus-importer redis grafana; do \
    install -d -o 10001 -g 10001 -m 0750 "/run/parley/${name}"; done \
  && for name in postgres prometheus grafana caddy; do install -d -m 1777 "/var/lib/parley/${name}"; done \
  && install -d -o 10001 -g 10001 -m 2770 /var/lib/parley/backups
WORKDIR /app
COPY --from=tree /app ./
COPY deploy/image/healthy.sh ./
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 PARLEY_HEALTH_HOST=0.0.0.0 PARLEY_HEALTH_PORT=9000
# By number: that this is not root can then be seen without looking inside.
USER 10001:10001
EXPOSE 9000
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s --retries=6 CMD ["bash", "/app/healthy.sh"]
CMD ["node", "/app/service/dist/src/main.js"]
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="parley-${SERVICE}" \
  org.opencontainers.image.description="Parley, a self-hosted realtime communications platform: ${SERVICE}" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.licenses="MIT"
