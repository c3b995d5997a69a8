#!/bin/sh
# build-image.sh [NAME]: makes the image of deploy/Containerfile with whichever builder is there.
set -eu
name=${1:-open311-server:$(git describe --always --dirty --abbrev=12 2>/dev/null || echo latest)}
base=${DEBIAN:+--build-arg=DEBIAN=$DEBIAN}

# Of a checkout what git knows, so that no local data, secrets or half of a virtual environment get into an image.
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
git clone --quiet --no-hardlinks . "$context"

for builder in buildah podman docker; do
    command -v "$builder" >/dev/null || continue
    # The check of health is a thing of docker's format.
    [ "$builder" = docker ] && format= || format=--format=docker
    # shellcheck disable=SC2086 # nothing where it is empty
    "$builder" build $format $base ${BUILD_OPTIONS:-} --file deploy/Containerfile --tag "$name" "$context"
    echo "built $name"
    exit 0
done
echo "open311: an image needs buildah, podman or docker; apt-get install buildah" >&2
exit 1
