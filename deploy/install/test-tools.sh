# shellcheck shell=sh disable=SC2034,SC2154
# What the tests and benchmarks need besides Python and Asterisk. No service is started and no database cluster is made:
# the tests start their own, on ports and sockets of their own.

ensure_sip_tester() {
    command -v sipp >/dev/null && return 0
    take_lock
    install_debian_packages "SIP callers and phones for tests" "测试用 SIP 主叫与话机" sip-tester
}

ensure_test_tools() {
    ensure_sip_tester
    ensure_redis
    ensure_postgresql
    ensure_compose
    ensure_prometheus
    ensure_browser
}

# The package redis-server would start a service; its program is redis-tools' redis-check-rdb under another name.
ensure_redis() {
    [ -x "$tools/bin/redis-server" ] || command -v redis-server >/dev/null && return 0
    take_lock
    command -v redis-check-rdb >/dev/null || install_debian_packages "a Redis for tests" "测试用 Redis" redis-tools
    mkdir -p "$tools/bin"
    ln -sf "$(command -v redis-check-rdb)" "$tools/bin/redis-server"
}

ensure_postgresql() {
    for server in /usr/lib/postgresql/*/bin/postgres; do
        [ ! -x "$server" ] || return 0
    done
    command -v postgres >/dev/null && return 0
    take_lock
    why_en="a PostgreSQL for tests" why_zh="测试用 PostgreSQL"
    install_debian_packages "$why_en" "$why_zh" postgresql-common
    without_main_cluster install_debian_packages "$why_en" "$why_zh" postgresql
}

# Debian's postgresql makes and starts a cluster on port 5432 unless its settings say no while it is installed.
without_main_cluster() {
    settings=/etc/postgresql-common/createcluster.conf
    # A copy that is already there is of an interrupted set-up, and the true one.
    [ -f "$tools/createcluster.conf" ] || cp -p "$settings" "$tools/createcluster.conf"
    printf '\ncreate_main_cluster = false\n' >>"$settings"
    "$@"
    mv "$tools/createcluster.conf" "$settings"
}

ensure_compose() {
    command -v docker-compose >/dev/null && return 0
    take_lock
    install_debian_packages "checks docker-compose.yml; needs no Docker" "检查 docker-compose.yml;不需要 Docker" docker-compose
}

# Only the two programs are taken out of the package prometheus: installed, it would start a service.
ensure_prometheus() {
    has_program promtool && has_program prometheus && return 0
    is_debian_like || die "Missing: prometheus and promtool (they check rules and dashboards). Install Prometheus first." \
        "缺少:prometheus 与 promtool(检查规则与仪表盘)。请先安装 Prometheus。"
    take_lock
    say "Fetching prometheus and promtool into .tools, to check rules and dashboards (usually half a minute)" \
        "下载 prometheus 与 promtool 到 .tools,用于检查规则与仪表盘(通常半分钟)"
    ! is_root || quietly apt-get update
    rm -rf "$tools/prometheus"
    mkdir -p "$tools/prometheus" "$tools/bin"
    quietly in_folder "$tools/prometheus" apt-get download prometheus
    quietly dpkg -x "$tools"/prometheus/prometheus_*.deb "$tools/prometheus"
    mv "$tools/prometheus/usr/bin/promtool" "$tools/prometheus/usr/bin/prometheus" "$tools/bin/"
    rm -rf "$tools/prometheus"
}

has_program() {
    [ -x "$tools/bin/$1" ] || command -v "$1" >/dev/null
}

in_folder() (
    cd "$1" && shift && "$@"
)

# Chinese needs a font of its own: without one a browser shows empty boxes.
ensure_browser() {
    command -v chromium >/dev/null && [ -n "$(fc-list ':lang=zh' family 2>/dev/null)" ] && return 0
    take_lock
    install_debian_packages "a browser that looks at the pages, with Chinese glyphs" "用于测试页面的浏览器与中文字体" \
        chromium fonts-wqy-microhei fontconfig
}
