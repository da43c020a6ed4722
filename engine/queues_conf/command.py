"""`./hotline import-queues FILE`: the converted files, to the terminal or into a folder."""

import sys
from pathlib import Path
from typing import Any

import yaml

from engine.queues_conf.convert import Converted, convert
from engine.queues_conf.read import ConfFile, NotReadable, read_conf
from engine.words import say

__all__ = ["import_queues", "texts_of"]


def import_queues(file: Path, agents: Path | None, rules: Path | None, out: Path | None, *, force: bool) -> int:
    """Exit code 0, or 1 when a file cannot be read, or is there already and `force` is not given."""
    try:
        rules = rules or _beside(file, "queuerules.conf")
        converted = convert(read_conf(file), _read(rules), _read(agents))
    except NotReadable as error:
        print(error, file=sys.stderr)
        return 1
    if not converted.queues:
        print(
            say(f"{file} 中没有带成员的队列。", f"there is no queue with members in {file}."),
            file=sys.stderr,
        )
        _tell(converted)
        return 1
    texts = texts_of(converted, file)
    if out is None:
        for name, text in texts.items():
            print(f"# --- {name}\n{text}")
    elif not _write(texts, out, force=force):
        return 1
    _tell(converted)
    return 0


def texts_of(converted: Converted, origin: Path) -> dict[str, str]:
    """The files, by name."""
    head = say(
        f"# 由 {origin.name} 转换而来，差异见转换时的提示。各键含义见 docs/rules.md。\n",
        f"# Made of {origin.name}; the differences were told then. What each key means: docs/rules.md.\n",
    )
    queues = _yaml({"queues": converted.queues})
    if converted.unserved:
        unserved = _yaml({"queues": converted.unserved}).partition("\n")[2]
        queues += "".join(f"  # {line[2:]}\n" for line in unserved.splitlines())
    return {"queues.yaml": head + queues, "agents.yaml": head + _yaml({"agents": converted.agents})}


def _yaml(data: Any) -> str:
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    return text


def _beside(file: Path, name: str) -> Path | None:
    other = file.with_name(name)
    return other if other.is_file() else None


def _read(file: Path | None) -> ConfFile | None:
    return read_conf(file) if file is not None else None


def _write(texts: dict[str, str], out: Path, *, force: bool) -> bool:
    there = [name for name in texts if (out / name).exists()]
    if there and not force:
        names = ", ".join(there)
        print(
            say(
                f"{out} 中已有 {names}；加 --force 才会覆盖。",
                f"{names}: there already in {out}; give --force to write over it.",
            ),
            file=sys.stderr,
        )
        return False
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, "utf-8")
    except OSError as error:
        print(f"{out}: {error.strerror}", file=sys.stderr)
        return False
    print(say(f"已写入 {out}。请执行 ./hotline check {out}。", f"written to {out}. Next: ./hotline check {out}"))
    return True


def _tell(converted: Converted) -> None:
    for one in sorted(converted.notes, key=lambda one: (one.file, one.line, one.about)):
        print(one, file=sys.stderr)
