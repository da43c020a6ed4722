"""The dashboard "Engine and telephony": for administrators."""

from typing import Final

from deploy.grafana.board import SITE, Board, Cell, quantiles
from deploy.grafana.figures import PLAIN, UP, at_most
from deploy.grafana.panels import Steps
from deploy.grafana.words import Language, Words

__all__ = ["engine"]

NEVER: Final = at_most(1, 1)
LAG: Final = at_most(0.05, 0.5)
FREE: Final[Steps] = [(None, "red"), (0.03, "orange"), (0.1, "green")]
PROCESS: Final = '{job="hotline-engine", site=~"$site"}'


def engine(language: Language) -> Board:
    """The whole dashboard."""
    about = Words(
        "引擎、与 Asterisk 的连接、磁盘与数据。", "The engine, its link to Asterisk, its disks and what it keeps."
    )
    board = Board("engine", Words("引擎与电话", "Engine and telephony"), about, language, ("site",))
    _health(board)
    _pace(board)
    _kept(board)
    _disks(board)
    _asterisk(board)
    return board


def _health(board: Board) -> None:
    board.row(Words("健康", "Health"))
    board.number(Words("引擎", "Engine up"), f"min(up{PROCESS})", "short", UP, width=3)
    board.number(Words("AMI 连接", "AMI connected"), f"min(callcenter_ami_connected{SITE})", "short", UP, width=3)
    since = f"time() - max(process_start_time_seconds{PROCESS})"
    board.number(Words("已运行", "Running for"), since, "s", PLAIN, width=3)
    board.number(Words("在线会话", "Caller sessions"), f"sum(callcenter_agi_sessions{SITE})", "short", PLAIN, width=3)
    for title, counter in (
        (Words("丢失记录", "Facts lost"), "events_dropped"),
        (Words("程序错误", "Defects"), "defects"),
        (Words("异常输入", "Edge alarms"), "edge_alarms"),
        (Words("日志写入失败", "Journal failures"), "journal_failures"),
    ):
        lost = f"sum(increase(callcenter_{counter}_total{SITE}[1h]))"
        board.number(title, lost, "short", NEVER, width=3)
    parts = [Cell(Words("正常", "Well"), f"min by (component) (callcenter_component_up{SITE})", steps=UP)]
    board.table(Words("部件", "Parts"), "component", Words("部件", "Part"), parts)
    versions = {"{{instance}} {{version}}": f"sum by (instance, version) (callcenter_build_info{SITE})"}
    board.lines(Words("版本", "Version"), versions, width=8)
    alerts = {"{{alertname}}": 'count by (alertname) (ALERTS{alertstate="firing", site=~"$site"})'}
    board.lines(Words("触发的告警", "Alerts firing"), alerts, stacked=True, width=8)
    known = {"{{calendar}}": f"min by (calendar) (callcenter_calendar_known_seconds{SITE})"}
    board.lines(Words("节假日数据剩余", "Holidays known ahead"), known, "s", width=8)


def _pace(board: Board) -> None:
    board.row(Words("速度与占用", "Pace and load"))
    dispatch = quantiles("callcenter_dispatch_latency_seconds", SITE)
    board.lines(Words("派发延迟", "Dispatch latency"), dispatch, "s", width=8)
    lag = {"{{instance}}": f"max by (instance) (callcenter_event_loop_lag_seconds{SITE})"}
    board.lines(Words("事件循环延迟", "Event loop lag"), lag, "s", width=8, steps=LAG)
    scrape = {"{{instance}}": f"scrape_duration_seconds{PROCESS}"}
    board.lines(Words("采集耗时", "Scrape duration"), scrape, "s", width=8)
    cpu = {"{{instance}}": f"rate(process_cpu_seconds_total{PROCESS}[$__rate_interval])"}
    board.lines(Words("CPU 占用", "CPU"), cpu, "percentunit", width=8)
    memory = {"{{instance}}": f"process_resident_memory_bytes{PROCESS}"}
    board.lines(Words("内存", "Memory"), memory, "bytes", width=8)
    files = {"{{instance}}": f"process_open_fds{PROCESS}"}
    board.lines(Words("文件句柄", "Open files"), files, width=8)


def _kept(board: Board) -> None:
    board.row(Words("记录与集成", "What is kept and sent"))
    journal = {"{{instance}}": f"rate(callcenter_journal_events_total{SITE}[$__rate_interval])"}
    board.lines(Words("日志事件（每秒）", "Journal events (per second)"), journal, width=8)
    spool: dict[Words | str, str] = {
        Words("未入库", "Not in SQL yet"): f"sum(callcenter_spool_entries{SITE})",
        Words("待人工处理", "Set aside"): f"sum(callcenter_spool_set_aside_total{SITE})",
    }
    board.lines(Words("未入库记录", "Facts not in SQL yet"), spool, width=8)
    age = {"{{instance}}": f"max by (instance) (callcenter_spool_oldest_age_seconds{SITE})"}
    board.lines(Words("未入库时长", "Spool age"), age, "s", width=8, steps=at_most(60, 300))
    audit = {"{{kind}}": f"max by (kind) (callcenter_audit_differences{SITE})"}
    board.lines(Words("核对差异", "Audit differences"), audit, width=8, steps=NEVER)
    since = {"{{instance}}": f"time() - max by (instance) (callcenter_audit_last_seconds{SITE} > 0)"}
    board.lines(Words("距上次核对", "Since the last audit"), since, "s", width=8)
    hooks = {"{{outcome}}": f"60 * sum by (outcome) (rate(callcenter_webhook_events_total{SITE}[$__rate_interval]))"}
    board.lines(Words("推送事件（每分钟）", "Webhook events (per minute)"), hooks, width=8)
    left = {"{{outcome}}": f"sum by (outcome) (callcenter_left_while_away_total{SITE})"}
    board.lines(Words("故障期间的留言与回电", "Left while the engine was away"), left, width=8)
    missing = {"{{instance}}": f"max by (instance) (callcenter_recordings_missing{SITE})"}
    board.lines(Words("缺失录音", "Recordings missing"), missing, width=8)


def _disks(board: Board) -> None:
    board.row(Words("磁盘", "Disks"))
    share = f"min by (folder) (callcenter_disk_free_bytes{SITE} / callcenter_disk_size_bytes{SITE})"
    board.lines(Words("剩余空间占比", "Free, share"), {"{{folder}}": share}, "percentunit", steps=FREE)
    free = {"{{folder}}": f"min by (folder) (callcenter_disk_free_bytes{SITE})"}
    board.lines(Words("剩余空间", "Free"), free, "bytes")


def _asterisk(board: Board) -> None:
    """By Asterisk's own res_prometheus; docs/monitoring.md says how it is switched on."""
    board.row(Words("Asterisk", "Asterisk"))
    board.lines(Words("通道", "Channels"), {"{{instance}}": f"asterisk_channels_count{SITE}"}, width=8)
    calls = {"{{instance}}": f"60 * rate(asterisk_calls_sum{SITE}[$__rate_interval])"}
    board.lines(Words("呼叫（每分钟）", "Calls (per minute)"), calls, width=8)
    board.lines(Words("桥接", "Bridges"), {"{{instance}}": f"asterisk_bridges_count{SITE}"}, width=8)
    board.lines(Words("终端", "Endpoints"), {"{{instance}}": f"asterisk_endpoints_count{SITE}"}, width=8)
    running = {"{{instance}}": f"asterisk_core_uptime_seconds{SITE}"}
    board.lines(Words("已运行", "Running for"), running, "s", width=8)
    asked = {"{{instance}}": f"asterisk_core_scrape_time_ms{SITE} / 1000"}
    board.lines(Words("采集耗时", "Scrape duration"), asked, "s", width=8)
