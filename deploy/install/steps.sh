# shellcheck shell=sh disable=SC2034,SC2154
# How a set-up step runs: one start at a time, its output in a log file, its end told.
# A step marks its result as complete with a file written last; what has no mark is removed and made again.

tools="$repo/.tools"
log="$tools/setup.log"
holds_lock=

# One start sets up, others wait. Children inherit the lock, so it lives as long as a step of a killed start still runs.
take_lock() {
    [ -z "$holds_lock" ] || return 0
    mkdir -p "$tools"
    exec 9>"$tools/setup.lock"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another start is setting up this checkout; waiting for it." "另一个启动进程正在准备此目录,等待其完成。"
        flock 9
    fi
    holds_lock=yes
    trap stop_dots EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

finish_set_up() {
    [ "$holds_lock" ] || return 0
    exec 9>&-
    trap - EXIT INT TERM
    holds_lock=
}

dots=

start_dots() {
    [ -t 2 ] || return 0
    (while sleep 2; do printf '.' >&2; done) 9>&- &
    dots=$!
}

stop_dots() {
    [ "$dots" ] || return 0
    kill "$dots" 2>/dev/null || true
    dots=
    printf '\n' >&2
}

# quietly COMMAND...: run it with its output in the log; when it fails show the log's end and stop.
quietly() {
    printf '\n== %s\n' "$*" >>"$log"
    start_dots
    status=0
    "$@" >>"$log" 2>&1 </dev/null || status=$?
    stop_dots
    [ "$status" -eq 0 ] && return 0
    tail -n 15 "$log" >&2
    die "That did not work (exit status $status; the lines above, more in $log). Run the same command again to resume." \
        "此步骤失败(退出码 $status;末尾输出见上,完整日志:$log)。修复后重新运行同一命令即可继续。"
}

is_root() {
    [ "$(id -u)" = 0 ]
}

is_debian_like() {
    command -v apt-get >/dev/null
}

# install_debian_packages WHY-ENGLISH WHY-CHINESE PACKAGE...
install_debian_packages() {
    why_en=$1 why_zh=$2
    shift 2
    if ! is_root || ! is_debian_like; then
        die "Missing: $* ($why_en). Install it first; on Debian or Ubuntu: sudo apt-get install $*" \
            "缺少:$*($why_zh)。请先安装;Debian/Ubuntu:sudo apt-get install $*"
    fi
    say "Installing Debian packages that are missing: $* ($why_en; usually under a minute)" \
        "安装缺少的 Debian 软件包:$*($why_zh;通常不到一分钟)"
    quietly apt-get update
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}
