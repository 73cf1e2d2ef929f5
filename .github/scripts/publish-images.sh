#!/usr/bin/env bash
# Publishes the images of a commit, and prints their digests as JSON: {"poller":"sha256:…",…}. What is published already is not
# built again: a tag of a commit is one image for ever, whatever runs this how often.
#   publish-images.sh REGISTRY COMMIT [--only-published] [TAG…]     as in ghcr.io/owner/repository 0123… main
set -euo pipefail

registry=$1 commit=$2
shift 2
if [ "${1:-}" = --only-published ]; then only_published=true && shift; else only_published=false; fi
# The images that ECS runs (infra/src/context/images-key.ts).
images='poller processor api notifier operator'

digest_of() { docker buildx imagetools inspect "$1" --format '{{json .Manifest.Digest}}' 2>/dev/null | jq --raw-output .; }

for image in $images; do
  name="$registry/$image"
  digest=$(digest_of "$name:sha-$commit" || true)
  if [ -z "$digest" ]; then
    if "$only_published"; then
      echo "::error::There is no image $name:sha-$commit. Only a commit that was delivered can be deployed again." >&2
      exit 1
    fi
    # Builds for two platforms. The Dockerfile runs nothing on the platform of the image, so this needs no emulation.
    docker buildx build --target "$image" --platform linux/amd64,linux/arm64 \
      --build-arg "VERSION=$(jq --raw-output .version package.json)" --build-arg "REVISION=$commit" \
      --label "org.opencontainers.image.source=${GITHUB_SERVER_URL:?}/${GITHUB_REPOSITORY:?}" \
      --provenance mode=max --sbom true --push --tag "$name:sha-$commit" . >&2
    digest=$(digest_of "$name:sha-$commit")
  fi
  for tag in "$@"; do docker buildx imagetools create --tag "$name:$tag" "$name@$digest" >&2; done
  jq --null-input --arg image "$image" --arg digest "$digest" '{($image): $digest}'
done | jq --slurp --compact-output add
