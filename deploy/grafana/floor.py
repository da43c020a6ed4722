"""The dashboard "Floor": what a supervisor sees at a glance."""

from typing import Final

from deploy.grafana import figures
from deploy.grafana.board import QUEUE, SITE, Board, Cell
from deploy.grafana.figures import PLAIN, at_most, half_hour
from deploy.grafana.words import CALL_STATES, STATES, Language, Words

__all__ = ["CLOSED", "LONGEST_WAIT", "WAITING", "floor", "queue_figures"]

WAITING: Final = at_most(5, 20)
LONGEST_WAIT: Final = at_most(60, 120)
CLOSED: Final = at_most(1, 1)


def floor(language: Language) -> Board:
    """The whole dashboard."""
    about = Words("实时来电、队列与座席。", "Calls, queues and agents, live.")
    board = Board("floor", Words("呼叫现场", "Floor"), about, language, ("site", "queue"))
    _site(board)
    _queues(board)
    _agents(board)
    return board


def _site(board: Board) -> None:
    board.row(Words("全站（近 30 分钟）", "Whole hotline (last 30 minutes)"))
    board.number(Words("等待来电", "Waiting"), f"sum(callcenter_queue_waiting_calls{SITE})", "short", WAITING)
    longest = f"max(callcenter_queue_longest_wait_seconds{SITE})"
    board.number(Words("最长等待", "Longest wait"), longest, "s", LONGEST_WAIT)
    for figure in ("service_level", "asa", "abandon_rate"):
        board.figure(figure, f"avg({half_hour(figure, 'site', SITE)})")
    board.number(Words("进线量", "Offered"), f"sum(site:callcenter_offered:increase30m{SITE})", "short", PLAIN)
    for figure in ("answered_share", "queued_share", "talk_time", "after_call_work", "occupancy"):
        board.figure(figure, f"avg({half_hour(figure, 'site', SITE)})")
    alarms = 'count(ALERTS{alertstate="firing", site=~"$site"}) or vector(0)'
    board.number(Words("告警", "Alerts"), alarms, "short", at_most(1, 3))


def queue_figures() -> list[Cell]:
    """The columns of a table with a row per queue."""
    by_queue = [
        Cell(figures.name(figure), f"avg by (queue) ({half_hour(figure, 'queue', QUEUE)})", figures.unit(figure),
             figures.steps(figure))
        for figure in ("service_level", "asa", "abandon_rate", "occupancy")
    ]  # fmt: skip
    return [
        Cell(Words("等待", "Waiting"), f"sum by (queue) (callcenter_queue_waiting_calls{QUEUE})", steps=WAITING),
        Cell(Words("回拨", "Callbacks"), f"sum by (queue) (callcenter_queue_callbacks{QUEUE})"),
        Cell(
            Words("最长等待", "Longest wait"),
            f"max by (queue) (callcenter_queue_longest_wait_seconds{QUEUE})",
            "s",
            LONGEST_WAIT,
        ),
        Cell(Words("停止进线", "Closed"), f"max by (queue) (callcenter_queue_closed{QUEUE})", steps=CLOSED),
        Cell(Words("值守座席", "On duty"), f"sum by (queue) (queue:callcenter_agents_on_duty:count{QUEUE})"),
        Cell(Words("进线", "Offered"), f"sum by (queue) (queue:callcenter_offered:increase30m{QUEUE})"),
        *by_queue,
    ]


def _queues(board: Board) -> None:
    board.row(Words("队列", "Queues"))
    board.table(Words("各队列", "By queue"), "queue", Words("队列", "Queue"), queue_figures())
    waiting = {"{{queue}}": f"sum by (queue) (callcenter_queue_waiting_calls{QUEUE})"}
    board.lines(Words("等待来电", "Waiting calls"), waiting, stacked=True)
    level = {"{{queue}}": f"avg by (queue) ({half_hour('service_level', 'queue', QUEUE)})"}
    board.figure_lines("service_level", level)


def _agents(board: Board) -> None:
    board.row(Words("来电与座席", "Calls and agents"))
    calls = {"{{state}}": f"sum by (state) (callcenter_calls{SITE})"}
    board.lines(Words("在线来电", "Calls now"), calls, stacked=True, names=CALL_STATES)
    states = {"{{state}}": f"sum by (state) (callcenter_site_agents{SITE})"}
    board.lines(Words("座席状态", "Agents by state"), states, stacked=True, names=STATES)
