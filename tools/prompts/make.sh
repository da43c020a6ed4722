#!/bin/sh
# Speaks the prompts of ivr/prompts/manifest.yaml that have no audio yet (or the IDs given, or --all).
#   tools/prompts/make.sh [ID ... | --all]      speak
#   tools/prompts/make.sh --listen [ID ...]     let a recogniser write down what it hears in them
# Needs python3 >= 3.11, npm and tar; keeps voice and recogniser (1 GB) in .tools/voice of the checkout.
set -eu
cd "$(dirname -- "$0")/../.."
place=.tools/voice
voices=$place/package/voices

if [ ! -e "$place/complete" ]; then
    echo "setting up the voice in $place (once) ..." >&2
    mkdir -p "$place"
    python3 -m venv "$place/venv"
    "$place/venv/bin/python" -m pip install -q --require-hashes -r tools/prompts/requirements.txt
    (cd "$place" && npm pack --silent kokoro-js@1.2.1 >/dev/null)
    echo "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860  $place/kokoro-js-1.2.1.tgz" | sha256sum --check --quiet
    tar -xzf "$place/kokoro-js-1.2.1.tgz" -C "$place" package/voices
    touch "$place/complete"
fi

if [ "${1:-}" = --listen ]; then
    shift
    exec "$place/venv/bin/python" -m tools.prompts.listen "$@"
fi
exec "$place/venv/bin/python" -m tools.prompts.render --voices "$voices" "$@"
