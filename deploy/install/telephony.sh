# shellcheck shell=sh disable=SC2034,SC2154
# Which Asterisk runs: the system's if it is new enough, else a private root .asterisk made by debootstrap.
# HOTLINE_ASTERISK_ROOT tells the engine: the private root's folder, or empty for the system's. Set beforehand, it is taken as it is.
# The mark .asterisk/made-from holds the checksum of the package list.

asterisk_root="$repo/.asterisk"

# Said before anything else is made: a minute of set-up must not end in "not here".
check_asterisk_can_be_had() {
    [ -z "${HOTLINE_ASTERISK_ROOT+set}" ] || return 0
    if system_asterisk_is_usable; then
        export HOTLINE_ASTERISK_ROOT=
    elif ! is_root || ! is_debian_like; then
        die_for_want_of_asterisk
    fi
}

ensure_asterisk() {
    [ -z "${HOTLINE_ASTERISK_ROOT+set}" ] || return 0
    wanted_root=$(cksum <"$repo/deploy/install/asterisk-packages")
    root_is_current || make_root
    keep_root_names_fresh
    export HOTLINE_ASTERISK_ROOT="$asterisk_root"
}

system_asterisk_is_usable() {
    command -v asterisk >/dev/null || return 1
    version=$(asterisk -V 2>/dev/null) || return 1
    version=${version#Asterisk }
    version=${version#certified[-/]}
    major=${version%%[!0-9]*}
    [ "${major:-0}" -ge 20 ]
}

root_is_current() {
    [ -f "$asterisk_root/made-from" ] && [ "$(cat "$asterisk_root/made-from")" = "$wanted_root" ]
}

make_root() {
    take_lock
    ! root_is_current || return 0
    case $asterisk_root in
    *[[:space:]\\]*) die "A private Asterisk cannot be made under a path with spaces: $repo. Move the checkout." \
        "路径含空格,无法创建私有 Asterisk:$repo。请移动此目录。" ;;
    esac
    remove_root
    command -v debootstrap >/dev/null || install_debian_packages \
        "to make a private Asterisk" "用于创建私有 Asterisk" debootstrap debian-archive-keyring
    say "Making .asterisk: a private Debian with Asterisk in it, 0.5 GB (once, usually one to two minutes)" \
        "创建 .asterisk:内含 Asterisk 的私有 Debian 环境,约 0.5 GB(仅一次,通常一到两分钟)"
    quietly "$repo/deploy/install/asterisk.sh" --root "$asterisk_root"
    printf '%s\n' "$wanted_root" >"$asterisk_root/made-from"
}

# An unfinished or outdated root goes, unless something outside it would go with it.
remove_root() {
    [ -e "$asterisk_root" ] || return 0
    in_use=$(processes_in_root)
    [ -z "$in_use" ] || die \
        "Programs still run in $asterisk_root (process ids: $in_use). Stop them and run this again." \
        "$asterisk_root 中仍有程序在运行(进程号:$in_use)。请先停止再重试。"
    release_kernel_mounts
    mounted=$(mounts_in_root | cut -d ' ' -f 2)
    [ -z "$mounted" ] || die \
        "File systems are mounted in $asterisk_root and would be emptied with it. Unmount them and run this again: umount $(one_line "$mounted")" \
        "$asterisk_root 内有挂载的文件系统,删除会清空其内容。请先卸载再重试:umount $(one_line "$mounted")"
    say "Removing the unfinished or outdated .asterisk" "清除未完成或过期的 .asterisk"
    rm -rf --one-file-system "$asterisk_root"
}

# A debootstrap that was killed leaves /proc and /sys mounted; these hold nobody's files.
release_kernel_mounts() {
    mounts_in_root | while read -r kind point; do
        case $kind in
        proc | sysfs) umount "$point" ;;
        esac
    done
}

one_line() {
    printf '%s' "$1" | tr '\n' ' '
}

# Prints "KIND POINT" for each, deepest last-mounted first.
mounts_in_root() {
    awk -v root="$asterisk_root" '
        $2 == root || index($2, root "/") == 1 { line[++n] = $3 " " $2 }
        END { while (n) print line[n--] }' /proc/self/mounts
}

processes_in_root() {
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/root" 2>/dev/null)" = "$asterisk_root" ]; then
            printf '%s ' "${process#/proc/}"
        fi
    done
}

# Without these names every call waits seconds for DNS (res_pjsip and the resolver ask for them).
keep_root_names_fresh() {
    names="127.0.0.1 localhost $(uname -n) A.ROOT-SERVERS.NET"
    [ "$(cat "$asterisk_root/etc/hosts" 2>/dev/null)" = "$names" ] || printf '%s\n' "$names" >"$asterisk_root/etc/hosts"
    cmp -s /etc/resolv.conf "$asterisk_root/etc/resolv.conf" || cp -L /etc/resolv.conf "$asterisk_root/etc/resolv.conf" 2>/dev/null || true
}

die_for_want_of_asterisk() {
    die "Asterisk 20 or newer is needed and this machine has none. Ways out:
  - as root on Debian or Ubuntu, run the same command again: it makes a private Asterisk under .asterisk
    (nothing is installed or changed outside this folder except missing Debian packages)
  - install Asterisk (>= 20) yourself, then run the same command again
  - with Docker: docker compose up (see docs/operations.md)" \
        "需要 Asterisk 20 或更新版本,本机没有。可选办法:
  - 在 Debian/Ubuntu 上以 root 身份重新运行同一命令:会在 .asterisk 下创建私有 Asterisk
    (除缺少的 Debian 软件包外,不会改动此目录以外的任何内容)
  - 自行安装 Asterisk(>= 20)后重新运行
  - 使用 Docker:docker compose up(见 docs/operations.md)"
}
