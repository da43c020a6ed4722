"""The dashboard "Hotline floor": what a supervisor sees at a glance, and below it the engine's health."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.models import dashboard

from deploy.grafana.panels import (
    SOURCE,
    STATE_NAMES,
    Column,
    big_number,
    falling,
    lines,
    queue_table,
    rising,
)
from metrics.definitions import FIGURES, Band

__all__ = ["floor"]

ASA_S: Final = FIGURES["asa"].band or Band(high=20.0)
ABANDON: Final = FIGURES["abandon_rate"].band or Band(high=0.05)
SERVICE_LEVEL: Final = rising(FIGURES["service_level"].band or Band(low=0.8), bad=0.7)
WAITING: Final = falling(5, 20)
LONGEST_WAIT: Final = falling(60, 120)
ASA: Final = falling(ASA_S.high or 20.0, 60)
ABANDONED: Final = falling(ABANDON.high or 0.05, 0.10)
PLAIN: Final = [(None, "blue")]
NEVER: Final = falling(1, 1)

OUTCOME_NAMES: Final = {
    "accepted": "接听 Accepted",
    "declined": "拒接 Declined",
    "no_answer": "未接 No answer",
    "unreachable": "话机不可达 Unreachable",
    "withdrawn": "撤回 Withdrawn",
}

Q: Final = '{site=~"$site", queue=~"$queue"}'
SITE: Final = '{site=~"$site"}'


def floor() -> dashboard_builder.Dashboard:
    """The whole dashboard."""
    board = (
        dashboard_builder.Dashboard("呼叫现场 · Hotline floor")
        .uid("hotline-floor")
        .description("实时来电、座席与系统状态。Calls, agents and the system, live.")
        .tags(["hotline"])
        .readonly()
        .refresh("5s")
        .time("now-3h", "now")
        .timezone("browser")
    )
    for variable in _variables():
        board.with_variable(variable)
    _site(board)
    _queues(board)
    _surveys(board)
    _agents(board)
    _menu(board)
    _engine(board)
    return board


def _variables() -> list[dashboard_builder.DatasourceVariable | dashboard_builder.QueryVariable]:
    return [
        dashboard_builder.DatasourceVariable("datasource").label("数据源 Data source").type("prometheus"),
        _query_variable("site", "站点 Site", "label_values(callcenter_calls_total, site)"),
        _query_variable("queue", "队列 Queue", 'label_values(callcenter_queue_offered_total{site=~"$site"}, queue)'),
    ]


def _query_variable(name: str, label: str, query: str) -> dashboard_builder.QueryVariable:
    everything = dashboard.VariableOption(text="All", value="$__all")
    return (
        dashboard_builder.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .multi(True)
        .include_all(True)
        .current(everything)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    )


def _site(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("全站（近 30 分钟）· Whole hotline (last 30 minutes)"))
    waiting = big_number("等待来电 · Waiting", f"sum(callcenter_queue_waiting_calls{SITE})", "short", WAITING)
    longest = big_number(
        "最长等待 · Longest wait", f"max(callcenter_queue_longest_wait_seconds{SITE})", "s", LONGEST_WAIT
    )
    board.with_panel(waiting).with_panel(longest)
    shown = (
        ("service_level", f"site:callcenter_service_level:ratio30m{SITE}", "percentunit", SERVICE_LEVEL),
        ("asa", f"site:callcenter_asa_seconds:mean30m{SITE}", "s", ASA),
        ("abandon_rate", f"site:callcenter_abandoned:ratio30m{SITE}", "percentunit", ABANDONED),
    )
    for name, expr, unit, steps in shown:
        figure = FIGURES[name]
        title = f"{figure.names['zh']} · {figure.names['en']}"
        board.with_panel(big_number(title, f"avg({expr})", unit, steps, decimals=1, meaning=figure.formula))
    offered = f"sum(site:callcenter_offered:increase30m{SITE})"
    board.with_panel(big_number("进线量 · Offered", offered, "short", PLAIN))


def _queues(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("队列 · Queues"))
    columns = [
        Column("等待 Waiting", f"sum by (queue) (callcenter_queue_waiting_calls{Q})", steps=WAITING),
        Column("回拨 Callbacks", f"sum by (queue) (callcenter_queue_callbacks{Q})"),
        Column(
            "最长等待 Longest wait", f"max by (queue) (callcenter_queue_longest_wait_seconds{Q})", "s", LONGEST_WAIT
        ),
        Column("停止进线 Closed", f"max by (queue) (callcenter_queue_closed{Q})", steps=NEVER),
        Column("值守座席 On duty", f"sum by (queue) (queue:callcenter_agents_on_duty:count{Q})"),
        Column("进线 Offered", f"sum by (queue) (queue:callcenter_offered:increase30m{Q})"),
        Column(
            "服务水平 Service level",
            f"avg by (queue) (queue:callcenter_service_level:ratio30m{Q})",
            "percentunit",
            SERVICE_LEVEL,
        ),
        Column("应答速度 ASA", f"avg by (queue) (queue:callcenter_asa_seconds:mean30m{Q})", "s", ASA),
        Column(
            "放弃率 Abandoned", f"avg by (queue) (queue:callcenter_abandoned:ratio30m{Q})", "percentunit", ABANDONED
        ),
    ]
    board.with_panel(queue_table("各队列 · By queue", columns))
    by_queue = {"{{queue}}": f"sum by (queue) (callcenter_queue_waiting_calls{Q})"}
    board.with_panel(lines("等待来电 · Waiting calls", by_queue, stacked=True))
    levels = {"{{queue}}": f"avg by (queue) (queue:callcenter_service_level:ratio30m{Q})"}
    board.with_panel(lines("服务水平 · Service level", levels, "percentunit"))
    board.with_panel(lines("来电结果（每分钟）· What became of calls (per minute)", _outcomes(), stacked=True))
    board.with_panel(lines("等待时长 · Time in queue", _quantiles("callcenter_queue_wait_seconds"), "s"))
    title = "实际等待与预计（占比）· Waits against what was expected (share)"
    board.with_panel(lines(title, _expectations(), "percentunit", stacked=True))
    missed = _quantiles("callcenter_expected_wait_error_seconds")
    board.with_panel(lines("预计等待误差 · Error of the expected wait", missed, "s"))


def _surveys(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("满意度 · Surveys"))
    score = {"{{queue}}": _per_queue("survey_points", "survey_scores")}
    board.with_panel(lines("满意度平均分（1 小时）· Mean score (1 hour)", score))
    share = {"{{queue}}": _per_queue("surveys_answered", "surveys_asked")}
    board.with_panel(lines("参评率（1 小时）· Surveys answered (1 hour)", share, "percentunit"))


def _per_queue(part: str, whole: str) -> str:
    part, whole = (f"sum by (queue) (increase(callcenter_queue_{name}_total{Q}[1h]))" for name in (part, whole))
    return f"{part} / ({whole} > 0)"


def _outcomes() -> dict[str, str]:
    kinds = {
        "接听 Answered": "answered",
        "放弃 Abandoned": "abandoned",
        "短时放弃 Short abandons": "short_abandoned",
        "溢出 Overflowed": "overflowed",
        "交换机丢失 Lost with the switch": "switch_lost",
    }
    return {name: f"60 * sum(rate(callcenter_queue_{kind}_total{Q}[$__rate_interval]))" for name, kind in kinds.items()}


def _expectations() -> dict[str, str]:
    kinds = {"短于预计 Shorter": "below", "符合预计 Within": "within", "长于预计 Longer": "above"}
    all_of_them = f"sum(rate(callcenter_expected_wait_outcomes_total{Q}[30m]))"
    return {
        name: f'sum(rate(callcenter_expected_wait_outcomes_total{Q[:-1]}, outcome="{kind}"}}[30m])) / ({all_of_them} > 0)'
        for name, kind in kinds.items()
    }


def _quantiles(histogram: str, labels: str = Q) -> dict[str, str]:
    buckets = f"sum by (le) (rate({histogram}_bucket{labels}[$__rate_interval]))"
    return {f"p{round(100 * part)}": f"histogram_quantile({part}, {buckets})" for part in (0.5, 0.9, 0.99)}


def _agents(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("座席 · Agents"))
    states = {"{{state}}": f"sum by (state) (callcenter_site_agents{SITE})"}
    board.with_panel(lines("座席状态 · Agents by state", states, stacked=True, names=STATE_NAMES))
    offers = {"{{outcome}}": f"60 * sum by (outcome) (rate(callcenter_queue_offers_total{Q}[$__rate_interval]))"}
    title = "派发结果（每分钟）· Offers by outcome (per minute)"
    board.with_panel(lines(title, offers, stacked=True, names=OUTCOME_NAMES))
    ready = {"{{queue}}": 'sum by (queue) (callcenter_agents{site=~"$site", queue=~"$queue", state="ready"})'}
    board.with_panel(lines("就绪座席 · Agents ready", ready))
    overruns = {"{{instance}}": f"max by (instance) (callcenter_breaks_overrun{SITE})"}
    board.with_panel(lines("小休超时人数 · Breaks too long", overruns))
    board.with_panel(lines("平均处理时长 · Mean times", _means(), "s"))


def _means() -> dict[str, str]:
    named = {"交谈 Talk": "callcenter_talk_seconds", "事后处理 After-call work": "callcenter_acw_seconds"}
    return {
        name: f"sum(increase({metric}_sum{Q}[30m])) / (sum(increase({metric}_count{Q}[30m])) > 0)"
        for name, metric in named.items()
    }


def _menu(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("语音菜单 · Voice menu"))
    nodes = f"60 * sum by (flow, node) (rate(callcenter_ivr_node_entered_total{SITE}[$__rate_interval]))"
    board.with_panel(lines("菜单节点（每分钟）· Menu nodes (per minute)", {"{{flow}}/{{node}}": nodes}))
    ends = f"60 * sum by (disposition) (rate(callcenter_calls_ended_total{SITE}[$__rate_interval]))"
    title = "通话结局（每分钟）· How calls ended (per minute)"
    board.with_panel(lines(title, {"{{disposition}}": ends}, stacked=True))


def _engine(board: dashboard_builder.Dashboard) -> None:
    board.with_row(dashboard_builder.Row("系统 · Engine and telephony"))
    up = rising(Band(low=1), bad=1)
    numbers = (
        ("引擎 · Engine up", 'min(up{job="hotline-engine", site=~"$site"})', "short", up),
        ("AMI 连接 · AMI connected", f"min(callcenter_ami_connected{SITE})", "short", up),
        ("未入库时长 · Spool age", f"max(callcenter_spool_oldest_age_seconds{SITE})", "s", falling(60, 300)),
        ("缺失录音 · Recordings missing", f"sum(callcenter_recordings_missing{SITE})", "short", NEVER),
        ("丢失记录 · Facts lost", f"sum(increase(callcenter_events_dropped_total{SITE}[1h]))", "short", NEVER),
        ("程序错误 · Defects", f"sum(increase(callcenter_defects_total{SITE}[1h]))", "short", NEVER),
        ("异常输入 · Edge alarms", f"sum(increase(callcenter_edge_alarms_total{SITE}[1h]))", "short", NEVER),
        ("在线会话 · Caller sessions", f"sum(callcenter_agi_sessions{SITE})", "short", PLAIN),
    )
    for title, expr, unit, steps in numbers:
        board.with_panel(big_number(title, expr, unit, steps, width=3))
    dispatch = _quantiles("callcenter_dispatch_latency_seconds", SITE)
    board.with_panel(lines("派发延迟 · Dispatch latency", dispatch, "s", width=8))
    lag = {"{{instance}}": f"max by (instance) (callcenter_event_loop_lag_seconds{SITE})"}
    board.with_panel(lines("事件循环延迟 · Event loop lag", lag, "s", width=8, limit=0.05))
    spool = {
        "{{instance}}": f"max by (instance) (callcenter_spool_entries{SITE})",
        "待人工处理 Set aside {{instance}}": f"max by (instance) (callcenter_spool_set_aside_total{SITE})",
    }
    left = {"{{outcome}}": f"sum by (outcome) (callcenter_left_while_away_total{SITE})"}
    board.with_panel(lines("故障期间的留言与回电 · Left while the engine was away", left, width=8))
    board.with_panel(lines("未入库记录 · Facts not in SQL yet", spool, width=8))
    cpu = {"{{instance}}": 'rate(process_cpu_seconds_total{job="hotline-engine", site=~"$site"}[$__rate_interval])'}
    board.with_panel(lines("CPU 占用 · CPU", cpu, "percentunit", width=8))
    memory = {"{{instance}}": 'process_resident_memory_bytes{job="hotline-engine", site=~"$site"}'}
    board.with_panel(lines("内存 · Memory", memory, "bytes", width=8))
    files = {"{{instance}}": 'process_open_fds{job="hotline-engine", site=~"$site"}'}
    board.with_panel(lines("文件句柄 · Open files", files, width=8))
    journal = {"{{instance}}": f"rate(callcenter_journal_events_total{SITE}[$__rate_interval])"}
    board.with_panel(lines("日志事件（每秒）· Journal events (per second)", journal, width=8))
    hooks = {"{{outcome}}": f"60 * sum by (outcome) (rate(callcenter_webhook_events_total{SITE}[$__rate_interval]))"}
    board.with_panel(lines("推送事件（每分钟）· Webhook events (per minute)", hooks, width=8))
    versions = {"{{instance}} {{version}}": f"sum by (instance, version) (callcenter_build_info{SITE})"}
    board.with_panel(lines("版本 · Version", versions, width=8))
