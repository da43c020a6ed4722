#!/bin/sh
# Makes the secrets that docker-compose.yml needs and that are not there yet, from the kernel's random source.
# The folder is closed to other users of this machine; the files in it are readable, because the containers that get
# one each run under user ids of their own.
set -eu
umask 077
cd "$(dirname -- "$0")"
chmod 0700 .

for example in *.example; do
    secret=${example%.example}
    if [ -s "$secret" ]; then
        echo "kept  deploy/secrets/$secret"
        continue
    fi
    od -An -N 32 -t x1 /dev/urandom | tr -d ' \n' >"$secret.part"
    chmod 0444 "$secret.part"
    mv "$secret.part" "$secret"
    echo "made  deploy/secrets/$secret"
done
