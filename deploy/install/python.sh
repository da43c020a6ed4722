# shellcheck shell=sh disable=SC2034,SC2154
# The virtual environment .venv, made from requirements.lock. The mark .venv/made-from holds the lock file's checksum.

venv="$repo/.venv"

ensure_python_packages() {
    wanted_venv=$(cksum <"$repo/requirements.lock")
    ! venv_is_current || return 0
    take_lock
    # Whoever held the lock may just have made it.
    ! venv_is_current || return 0
    python=$(find_python) || die \
        "Python 3.11 or newer is needed, and none of python3, python3.11 ... python3.14 is. Install it, or name it: HOTLINE_PYTHON=/path/to/python3 ./hotline" \
        "需要 Python 3.11 或更新版本,未找到。请安装,或指定:HOTLINE_PYTHON=/path/to/python3 ./hotline"
    ensure_venv_module
    say "Making .venv: the Python packages of requirements.lock, each checked by its hash (once, usually under a minute)" \
        "创建 .venv:按 requirements.lock 安装并逐个校验 Python 包(仅一次,通常不到一分钟)"
    rm -rf "$venv"
    quietly "$python" -m venv "$venv"
    quietly "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$repo/requirements.lock"
    printf '%s\n' "$wanted_venv" >"$venv/made-from"
}

venv_is_current() {
    # An upgraded system Python leaves a dangling link, which -x sees.
    [ -x "$venv/bin/python" ] && [ -f "$venv/made-from" ] && [ "$(cat "$venv/made-from")" = "$wanted_venv" ]
}

find_python() {
    for candidate in ${HOTLINE_PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# Plain Debian splits venv's pip (ensurepip) off into a package of its own.
ensure_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return 0
    version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    install_debian_packages "Python's venv module, to keep Hotline's packages apart" \
        "Python 的 venv 模块,用于隔离 Hotline 的依赖" "$version-venv"
}
