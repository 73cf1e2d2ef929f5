# The images of Waybill, one target each: poller, processor, api, notifier, operator (the command line `waybill`), and local
# (what else docker-compose.localstack.yml needs).
#   docker build --target poller --tag waybill-poller .
# Choices: docs/decisions/0064-images.md. Only the build stage runs commands, on the platform of the build machine, so images
# for arm64 are built on amd64 without emulation.

FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS build
WORKDIR /waybill
COPY package.json package-lock.json .npmrc ./
COPY packages/api/package.json packages/api/
COPY packages/carrier/package.json packages/carrier/
COPY packages/cli/package.json packages/cli/
COPY packages/client/package.json packages/client/
COPY packages/consumer/package.json packages/consumer/
COPY packages/local/package.json packages/local/
COPY packages/notifier/package.json packages/notifier/
COPY packages/operations/package.json packages/operations/
COPY packages/poller/package.json packages/poller/
COPY packages/processor/package.json packages/processor/
COPY packages/provisioner/package.json packages/provisioner/
COPY packages/shared/package.json packages/shared/
COPY infra/package.json infra/
COPY test/package.json test/
COPY bench/package.json bench/
# The root's own tools are installed for esbuild; those of infra, test and bench are not.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --include-workspace-root \
      --workspace packages/api --workspace packages/cli --workspace packages/local --workspace packages/notifier \
      --workspace packages/poller --workspace packages/processor
COPY packages packages
COPY images images
RUN node images/main.ts

FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS runtime
# Who publishes an image gives both, and the place of the sources: --label org.opencontainers.image.source=…
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# The commit is said in the log of each start. It changes no layer: images of two commits with the same programs share theirs.
ENV NODE_ENV=production \
    WAYBILL_COMMIT="$REVISION"
WORKDIR /app
# The user `node` of the base image, by number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# Replaces the shell script of the base image, so that CMD is process 1 and gets the signals.
ENTRYPOINT []
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "livez.mjs"]

FROM runtime AS local
LABEL org.opencontainers.image.title="waybill-local" \
      org.opencontainers.image.description="The provisioner of Waybill's queues and tables, a simulated Scan Event API, and a receiver of notifications"
COPY --from=build /waybill/images/dist/local ./
CMD ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "scan-api.mjs"]

FROM runtime AS poller
LABEL org.opencontainers.image.title="waybill-poller" \
      org.opencontainers.image.description="Reads a Scan Event API and puts its events on the scan queue"
COPY --from=build /waybill/images/dist/poller ./
CMD ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "poller.mjs"]

FROM runtime AS processor
LABEL org.opencontainers.image.title="waybill-processor" \
      org.opencontainers.image.description="Receives scan events from the queue and stores the state of each parcel"
COPY --from=build /waybill/images/dist/processor ./
CMD ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "processor.mjs"]

FROM runtime AS api
LABEL org.opencontainers.image.title="waybill-api" \
      org.opencontainers.image.description="Answers queries about parcels and takes pushed scan events"
COPY --from=build /waybill/images/dist/api ./
# The API; 8080 stays for health and metrics.
EXPOSE 8081
CMD ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "api.mjs"]

FROM runtime AS notifier
LABEL org.opencontainers.image.title="waybill-notifier" \
      org.opencontainers.image.description="Tells a webhook of the milestones that are announced to its queue"
COPY --from=build /waybill/images/dist/notifier ./
CMD ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "notifier.mjs"]

FROM runtime AS operator
LABEL org.opencontainers.image.title="waybill-operator" \
      org.opencontainers.image.description="The command line of Waybill's operators: a command is all that it is given"
COPY --from=build /waybill/images/dist/operator ./
# It runs one command and ends: there is nothing to ask for its health.
HEALTHCHECK NONE
ENTRYPOINT ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "--enable-source-maps", "waybill.mjs"]
CMD ["--help"]
