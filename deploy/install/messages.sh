# shellcheck shell=sh disable=SC2034,SC2154
# Messages of ./hotline, in English and in Chinese (HOTLINE_LANG=zh, or a Chinese locale). They go to stderr: stdout belongs to the command.

case "${HOTLINE_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}}" in
zh*) speaks_chinese=yes ;;
*) speaks_chinese= ;;
esac

# say ENGLISH CHINESE
say() {
    if [ "$speaks_chinese" ]; then
        printf 'hotline: %s\n' "$2" >&2
    else
        printf 'hotline: %s\n' "$1" >&2
    fi
}

# die ENGLISH CHINESE
die() {
    say "$@"
    exit 1
}
