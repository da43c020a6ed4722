"""The commands: python -m engine COMMAND (./hotline makes what is missing and calls this)."""

import os
import signal

if __name__ == "__main__":  # Ctrl-C before there is anything to stop: no trace of half an import
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

import argparse
import asyncio
import contextlib
import logging
import sys
from datetime import date
from pathlib import Path

from engine.audit import add_commands as add_audit_command
from engine.command_line import Add, with_config
from engine.config import BadConfiguration, Configuration, load
from engine.config.environment import setting
from engine.hours import add_commands as add_hours_commands
from engine.importing import add_commands as add_importing_commands
from engine.planning.commands import add_commands as add_planning_commands
from engine.reports.commands import add_commands as add_report_commands
from engine.why.commands import add_command as add_why_command
from engine.words import say

BROKEN_CONFIGURATION = 2


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (it failed) or 2 (wrong use, or a broken configuration)."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command in (None, "help"):
        parser.print_help()
        return 0
    try:
        code: int = arguments.run(arguments)
    except BadConfiguration as bad:
        _show_problems(bad)
        return BROKEN_CONFIGURATION
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hotline",
        description=say("Hotline：Asterisk 上的呼叫中心引擎", "Hotline: a contact-centre engine for Asterisk"),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, zh: str, en: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=say(zh, en), description=say(zh, en))
        command.set_defaults(run=globals().get(f"_{name.replace('-', '_')}"))
        return command

    up = add("up", "运行一个站点：Asterisk 和引擎", "run a site: Asterisk and the engine")
    with_config(up)
    demo = add("demo", "两分钟演示：真实的 SIP 通话", "two minutes of real SIP calls, shown live")
    demo.add_argument("--minutes", type=float, default=2.0, help=say("演示时长（分钟）", "how long, in minutes"))
    demo.add_argument(
        "--plain", action="store_true", help=say("只输出文字，不画表格", "lines of text instead of a table")
    )
    _add_check(add)
    _add_ivr(add)
    _add_prompts(add)
    _add_import_queues(add)
    _add_rollback(add)
    watch = add("watch", "显示一个座席的弹屏事件", "print an agent's screen-pop feed")
    watch.add_argument("agent")
    watch.add_argument(
        "--url", help=say("引擎地址（默认取 endpoints.json）", "the engine's URL (default: endpoints.json)")
    )
    watch.add_argument(
        "--token", help=say("接口令牌（默认取本机密钥文件）", "API token (default: this machine's secrets)")
    )
    explain = add("explain", "用文字说明一个通话的分配决定", "say in words why a call was routed as it was")
    explain.add_argument("call")
    explain.add_argument("--url")
    explain.add_argument("--token")
    explain.add_argument("--lang", choices=("zh", "en"), help=say("说明的语言", "language of the explanation"))
    _add_wallboard(add)
    _add_shadow(add)
    bench = add("bench", "运行一个基准测试", "run a benchmark")
    bench.add_argument("name", nargs="?", help="handoff, routing, ...")
    bench.add_argument("rest", nargs=argparse.REMAINDER)
    add("test", "运行全部检查与测试", "run all checks and tests (./hotline test --help)")
    serve = add("serve", "只运行引擎（Asterisk 另行启动）", "run the engine alone (Asterisk is started elsewhere)")
    with_config(serve)
    with_config(add("render-asterisk", "只生成 Asterisk 配置", "write Asterisk's configuration and end"))
    add_hours_commands(add)
    add_planning_commands(add)
    add_why_command(add)
    add_importing_commands(add)
    add_audit_command(add)
    add_report_commands(add)
    commands.add_parser("help", help=say("显示帮助", "show this help"))
    return parser


def _add_check(add: Add) -> None:
    check = add(
        "check",
        "检查配置：列出全部问题与可疑之处，执行规则测试",
        "check the configuration: list every problem and what looks odd, run its rule tests",
    )
    check.add_argument("folder", type=Path, nargs="?", default=Path(setting("HOTLINE_CONFIG", "config")), metavar="DIR")
    check.add_argument(
        "--strict",
        action="store_true",
        help=say("有警告也算失败（退出码 1）", "warnings are failures too (exit code 1)"),
    )
    check.add_argument(
        "--today",
        type=date.fromisoformat,
        default=date.today(),
        metavar="YYYY-MM-DD",
        help=say("按这一天检查（默认今天）", "check as on this day (default: today)"),
    )


def _add_ivr(add: Add) -> None:
    ivr = add("ivr", "语音导航：执行导航测试，画流程图", "the IVR flow: run its dialogue tests, draw it")
    kinds = ivr.add_subparsers(dest="what", metavar="WHAT", required=True)
    test = kinds.add_parser("test", help=say("执行导航测试", "run dialogue tests (default: DIR/tests/ivr/*.yaml)"))
    test.add_argument("files", type=Path, nargs="*", metavar="FILE")
    graph = kinds.add_parser(
        "graph", help=say("把流程画成 SVG", "draw the flow as SVG, with a day's counts on its edges")
    )
    graph.add_argument("-o", "--out", type=Path, metavar="FILE", help=say("默认输出到终端", "default: to the terminal"))
    graph.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help=say("哪一天（默认昨天）", "default: yesterday")
    )
    for command in (test, graph):
        with_config(command)


def _ivr(arguments: argparse.Namespace) -> int:
    if arguments.what == "test":
        from engine.checking import test_dialogues

        return test_dialogues(arguments.config.resolve(), arguments.files)
    from engine.flowchart import draw

    return draw(arguments.config.resolve(), arguments.day, arguments.out)


def _add_prompts(add: Add) -> None:
    prompts = add("prompts", "列出语音提示，或逐条检查", "list the spoken prompts, or check each of them")
    prompts.add_argument("what", nargs="?", choices=("list", "check"), default="list")
    prompts.add_argument(
        "--pieces", action="store_true", help=say("包括数值片段", "the pieces of spoken values as well")
    )
    with_config(prompts)


def _add_import_queues(add: Add) -> None:
    imported = add(
        "import-queues",
        "把 Asterisk 的 queues.conf 转换为 queues.yaml 与 agents.yaml",
        "turn Asterisk's queues.conf into queues.yaml and agents.yaml",
    )
    imported.add_argument("file", type=Path, metavar="FILE", help="queues.conf")
    imported.add_argument(
        "--agents", type=Path, metavar="FILE", help=say("agents.conf，取座席姓名", "agents.conf, for people's names")
    )
    imported.add_argument(
        "--rules",
        type=Path,
        metavar="FILE",
        help=say("queuerules.conf（默认取同目录下的）", "queuerules.conf (default: the one beside FILE)"),
    )
    imported.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=say("写入此目录（默认输出到终端）", "write there (default: to the terminal)"),
    )
    imported.add_argument("--force", action="store_true", help=say("覆盖已有文件", "write over files that are there"))


def _add_rollback(add: Add) -> None:
    back = add("rollback", "换回以前用过的规则版本", "go back to rules that were in force before")
    back.add_argument(
        "version", nargs="?", help=say("版本（默认上一个）", "the version, or its beginning (default: the one before)")
    )
    back.add_argument("--list", action="store_true", help=say("列出保存的版本", "list the versions that are kept"))
    back.add_argument("--url")
    back.add_argument("--token")


def _add_wallboard(add: Add) -> None:
    wall = add("wallboard", "输出大屏的完整地址", "print the whole address a screen on the wall opens")
    wall.add_argument("--lang", choices=("zh", "en"), help=say("大屏的语言", "language of the screen"))
    wall.add_argument("--theme", choices=("dark", "light"), help=say("深色或浅色", "default: as the system has it"))
    wall.add_argument("--queues", metavar="A,B", help=say("只显示这些队列", "only these queues"))
    wall.add_argument(
        "--url", help=say("引擎地址（默认取 endpoints.json）", "the engine's URL (default: endpoints.json)")
    )
    add("web", "生成浏览器页面（web/dist）", "build the browser's pages (web/dist)")


def _wallboard(arguments: argparse.Namespace) -> int:
    from engine.wallboard import print_address

    return print_address(url=arguments.url, lang=arguments.lang, theme=arguments.theme, queues=arguments.queues)


def _web(_: argparse.Namespace) -> int:
    print(say("请用 ./hotline web 生成页面。", "the pages are built by ./hotline web."), file=sys.stderr)
    return 2


def _add_shadow(add: Add) -> None:
    shadow = add(
        "shadow",
        "让另一套规则旁观，报告它会作出的不同决定",
        "let other rules look on and say what they would have decided",
    )
    shadow.add_argument(
        "--rules",
        type=Path,
        required=True,
        metavar="DIR",
        help=say("另一套配置的目录", "folder of the other configuration"),
    )
    shadow.add_argument(
        "--home", type=Path, metavar="HOME", help=say("引擎的 $HOTLINE_HOME", "the engine's $HOTLINE_HOME")
    )
    shadow.add_argument(
        "--journal",
        type=Path,
        metavar="FOLDER",
        help=say("日志目录，代替 --home", "folder of a journal, instead of --home"),
    )
    shadow.add_argument(
        "--minutes",
        type=float,
        help=say("旁观多久，0：只看已有的", "how long; 0: only what is there now; default: Ctrl-C"),
    )
    shadow.add_argument("--json", action="store_true", help=say("每行一个 JSON", "a line of JSON for each"))


def _show_problems(bad: BadConfiguration) -> None:
    for problem in bad.problems:
        print(problem, file=sys.stderr)
    n = len(bad.problems)
    print(
        say(f"配置有 {n} 处问题，未使用。", f"The configuration has {n} problems; nothing was started."),
        file=sys.stderr,
    )


def _check(arguments: argparse.Namespace) -> int:
    from engine.checking import check

    return check(arguments.folder, arguments.today, strict=arguments.strict)


def _prompts(arguments: argparse.Namespace) -> int:
    from engine.prompts import check_prompts, list_prompts

    if arguments.what == "check":
        return check_prompts(arguments.config)
    return list_prompts(arguments.config, pieces=arguments.pieces)


def _import_queues(arguments: argparse.Namespace) -> int:
    from engine.queues_conf import import_queues

    return import_queues(arguments.file, arguments.agents, arguments.rules, arguments.out, force=arguments.force)


def _up(arguments: argparse.Namespace) -> int:
    return asyncio.run(_run_site(load(arguments.config.resolve())))


async def _run_site(configuration: Configuration) -> int:
    from engine.asterisk.process import AsteriskDidNotStart, AsteriskNotInstalled
    from engine.asterisk.settings import AsteriskSettingsRefused
    from engine.site import home_folder, settle_site
    from engine.supervisor import Supervisor

    _outlive_others()
    supervisor = Supervisor(settle_site(configuration, home_folder()))
    enough, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        (hurry if enough.is_set() else enough).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, supervisor.reload)  # also when the terminal goes away: calls go on
    try:
        await supervisor.start()
    except (RuntimeError, OSError, AsteriskDidNotStart, AsteriskNotInstalled, AsteriskSettingsRefused) as error:
        print(error, file=sys.stderr)
        await supervisor.stop(drain_s=0.0)
        return 1
    site = supervisor.site
    print(
        say("已就绪：", "ready: ") + f"sip {site.endpoints.sip}  http://{site.endpoints.http}  home {site.home}",
        flush=True,
    )
    await enough.wait()
    await supervisor.stop(hurry=hurry)
    print(say("已停止。", "stopped."), flush=True)
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from engine.gone_back import configuration_to_start_with
    from engine.priority import ENGINE_NICE, go_first
    from engine.site import home_folder

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    go_first(os.getpid(), ENGINE_NICE)
    return asyncio.run(_run_engine(configuration_to_start_with(arguments.config.resolve(), home_folder())))


def _outlive_others() -> None:
    """When memory is short, be among the last to be killed: with the supervisor ends Asterisk, and with it every call.
    Asterisk inherits this, the engine does not (supervisor)."""
    with contextlib.suppress(OSError):  # lowering it takes a right that not every account has
        Path("/proc/self/oom_score_adj").write_text("-900", "ascii")


async def _run_engine(configuration: Configuration) -> int:
    from engine.app import Engine
    from engine.journal import JournalInUse
    from engine.site import home_folder, settle_site, write_endpoints
    from engine.spool import SpoolInUse

    site = settle_site(configuration, home_folder(), keep=True)
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        engine = Engine(site)
        write_endpoints(site)  # only now: journal and spool are ours
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, enough.set)
        loop.add_signal_handler(signal.SIGHUP, engine.reload_on_signal)
        await engine.start()
    except (JournalInUse, SpoolInUse, OSError) as error:
        print(say("引擎无法启动：", "the engine cannot start: ") + str(error), file=sys.stderr)
        return 1
    await enough.wait()
    await engine.stop()
    return 0


def _render_asterisk(arguments: argparse.Namespace) -> int:
    from engine.asterisk.render import render
    from engine.site import asterisk_settings, home_folder, settle_site

    site = settle_site(load(arguments.config.resolve()), home_folder(), keep=True)
    render(asterisk_settings(site))
    print(say(f"已写入 {site.asterisk_folder}", f"written to {site.asterisk_folder}"))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from engine.demo import run_demo

    return asyncio.run(run_demo(minutes=arguments.minutes, plain=arguments.plain))


def _watch(arguments: argparse.Namespace) -> int:
    from engine.watch import watch

    return asyncio.run(watch(arguments.agent, url=arguments.url, token=arguments.token))


def _explain(arguments: argparse.Namespace) -> int:
    from engine.watch import explain

    return asyncio.run(explain(arguments.call, url=arguments.url, token=arguments.token, lang=arguments.lang))


def _rollback(arguments: argparse.Namespace) -> int:
    from engine.rollback import rollback, show_versions

    if arguments.list:
        return show_versions()
    return rollback(arguments.version, url=arguments.url, token=arguments.token)


def _shadow(arguments: argparse.Namespace) -> int:
    from engine.shadow.command import shadow
    from engine.site import home_folder

    journal = arguments.journal or (arguments.home or home_folder()) / "journal"
    rules = load(arguments.rules.resolve())
    return shadow(rules, journal, minutes=arguments.minutes, as_lines_of_json=arguments.json)


def _bench(arguments: argparse.Namespace) -> int:
    from bench import BENCHMARKS

    if arguments.name not in BENCHMARKS:
        print("\n".join(f"{name}: {bench.summary}" for name, bench in BENCHMARKS.items()))
        return 0 if arguments.name is None else 2
    return BENCHMARKS[arguments.name].main(arguments.rest)


def _test(arguments: argparse.Namespace) -> int:
    print("./hotline test", file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
