#!/bin/sh
# Remakes the lock files: both of pyproject.toml, and web/node.lock. Needs uv (pip install uv). Run it after changing a dependency.
# The locks hold hashes and no address of any package index, so every mirror can serve them.
set -eu
cd "$(dirname -- "$0")/../.."

lock() {
    output=$1
    shift
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
        --custom-compile-command deploy/install/lock.sh --output-file "$output" "$@" pyproject.toml
}

lock requirements.lock --group dev
# The engine's image gets the same versions, without the development tools.
lock requirements-engine.lock --constraint requirements.lock

uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
    --custom-compile-command deploy/install/lock.sh --output-file web/node.lock web/node.in

if grep -nE '://' requirements.lock requirements-engine.lock web/node.lock; then
    echo "a lock file names an address, see above" >&2
    exit 1
fi
