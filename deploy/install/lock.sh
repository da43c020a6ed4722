#!/bin/sh
# Remakes the lock files: both of pyproject.toml, and the two of web/. Needs uv (pip install uv) and npm. Run it after changing
# a dependency. The locks hold hashes and no address, so every mirror of the package indexes can serve them.
set -eu
cd "$(dirname -- "$0")/../.."

lock() {
    output=$1
    shift
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
        --custom-compile-command deploy/install/lock.sh --output-file "$output" "$@"
}

lock requirements.lock --group dev pyproject.toml
# The engine's image gets the same versions, without the development tools.
lock requirements-engine.lock --constraint requirements.lock pyproject.toml
lock web/node.lock web/node.in

(cd web && npm install --package-lock-only --ignore-scripts)
# npm also writes down where each package's authors take donations.
python3 - <<'END'
import json
from pathlib import Path

lock = Path("web/package-lock.json")
whole = json.loads(lock.read_text("utf-8"))
for package in whole["packages"].values():
    package.pop("funding", None)
lock.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")
END

if grep -nE '://' requirements.lock requirements-engine.lock web/node.lock web/package-lock.json; then
    echo "a lock file names an address, see above" >&2
    exit 1
fi
