#!/bin/sh
# build-image.sh [NAME]: makes the image of deploy/Containerfile with whichever builder is there. Without a NAME it gets two, by its
# commit and as `latest`, which deploy/compose.yaml asks for.
set -eu
names=${1:-open311-server:$(git rev-parse --short=12 HEAD) open311-server:latest}
tags=
for name in $names; do tags="$tags --tag $name"; done
base=${DEBIAN:+--build-arg=DEBIAN=$DEBIAN}

# Of a checkout what is committed, so that no local data, secrets or half of a virtual environment get into an image.
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo "open311: what is not committed does not get into the image" >&2
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
git clone --quiet --no-hardlinks . "$context"

for builder in buildah podman docker; do
    command -v "$builder" >/dev/null || continue
    # The check of health is a thing of docker's format.
    [ "$builder" = docker ] && format= || format=--format=docker
    # shellcheck disable=SC2086 # several words on purpose
    "$builder" build $format $base ${BUILD_OPTIONS:-} --file deploy/Containerfile $tags "$context"
    echo "built $names"
    exit 0
done
echo "open311: an image needs buildah, podman or docker; apt-get install buildah" >&2
exit 1
