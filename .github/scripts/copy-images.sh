#!/usr/bin/env bash
# Copies images that were built before into the account's own repositories, by their digests: ECS pulls from there.
#   copy-images.sh REGISTRY COMMIT DIGESTS    as in ghcr.io/owner/repository 0123… '{"poller":"sha256:…",…}'
set -euo pipefail

registry=$1 commit=$2 digests=$3
account=$(aws sts get-caller-identity --query Account --output text)
own="$account.dkr.ecr.${AWS_REGION:?}.amazonaws.com"
aws ecr get-login-password | docker login --username AWS --password-stdin "$own"

jq --raw-output 'to_entries[] | "\(.key) \(.value)"' <<<"$digests" | while read -r image digest; do
  # The digest is in the tag, too: these repositories do not move a tag.
  if aws ecr describe-images --repository-name "waybill/$image" --image-ids "imageDigest=$digest" >/dev/null 2>&1; then
    echo "waybill/$image has $digest"
  else
    docker buildx imagetools create --tag "$own/waybill/$image:sha-$commit-${digest:7:12}" "$registry/$image@$digest"
    # A copy has the digest of what it was copied from. Nothing is deployed when that is not so.
    aws ecr describe-images --repository-name "waybill/$image" --image-ids "imageDigest=$digest" >/dev/null
    echo "waybill/$image got $digest"
  fi
done
