#!/bin/sh
# Installs Asterisk from Debian sid, the packages being those in asterisk-packages beside this file.
#
#   asterisk.sh               into the system it runs on (the Docker image, made from debian:sid-slim)
#   asterisk.sh --root DIR    into a private Debian under DIR, made by debootstrap (./hotline does this)
#
# HOTLINE_DEBIAN_MIRROR names another mirror for the private Debian.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
packages=$(grep -v '^#' "$here/asterisk-packages")
suite=sid

install_into_this_system() {
    apt-get update
    # shellcheck disable=SC2086 # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages
    rm -rf /var/lib/apt/lists/*
}

install_into_root() {
    include=$(printf '%s\n' "$packages" | paste -s -d , -)
    debootstrap --variant=minbase --include="$include" "$suite" "$1" ${HOTLINE_DEBIAN_MIRROR:+"$HOTLINE_DEBIAN_MIRROR"}
    rm -f "$1"/var/cache/apt/archives/*.deb
}

# An Asterisk that cannot even say its version must not look like a finished installation.
say_version() {
    if [ $# -gt 0 ]; then
        chroot "$1" asterisk -V
    else
        asterisk -V
    fi
}

case "${1-}" in
'')
    install_into_this_system
    say_version
    ;;
--root)
    install_into_root "${2:?the folder of the private root}"
    say_version "$2"
    ;;
*)
    echo "usage: asterisk.sh [--root DIR]" >&2
    exit 2
    ;;
esac
