"""The dashboard "Voice menu": where callers are led, and how calls end."""

from deploy.grafana.board import SITE, Board
from deploy.grafana.figures import PLAIN
from deploy.grafana.words import CALL_STATES, DISPOSITIONS, Language, Words

__all__ = ["menu"]

_IN_THE_MENU = "abandoned_ivr|completed_ivr"


def menu(language: Language) -> Board:
    """The whole dashboard."""
    about = Words("来电在语音菜单中的去向与通话结局。", "Where callers are led by the voice menu, and how calls end.")
    board = Board("menu", Words("语音菜单", "Voice menu"), about, language, ("site",))
    _now(board)
    _nodes(board)
    _ends(board)
    return board


def _now(board: Board) -> None:
    board.row(Words("近 30 分钟", "Last 30 minutes"))
    board.number(Words("来电", "Calls"), f"sum(increase(callcenter_calls_total{SITE}[30m]))", "short", PLAIN)
    inside = f'sum(callcenter_calls{SITE[:-1]}, state="ivr"}})'
    board.number(Words("菜单中", "In the menu now"), inside, "short", PLAIN)
    queued = f"sum(increase(callcenter_site_offered_total{SITE}[30m]))"
    board.number(Words("进入队列", "Came to a queue"), queued, "short", PLAIN)
    served = f'sum(increase(callcenter_calls_ended_total{SITE[:-1]}, disposition="completed_ivr"}}[30m]))'
    board.number(Words("自助完成", "Served by the menu"), served, "short", PLAIN)
    gave_up = f'sum(increase(callcenter_calls_ended_total{SITE[:-1]}, disposition="abandoned_ivr"}}[30m]))'
    board.number(Words("菜单中挂断", "Gave up in the menu"), gave_up, "short", PLAIN)
    share = (
        f'sum(increase(callcenter_calls_ended_total{SITE[:-1]}, disposition=~"{_IN_THE_MENU}"}}[30m]))'
        f" / (sum(increase(callcenter_calls_ended_total{SITE}[30m])) > 0)"
    )
    board.number(Words("未进入队列的占比", "Ended in the menu, share"), share, "percentunit", PLAIN)


def _nodes(board: Board) -> None:
    board.row(Words("节点", "Nodes"))
    nodes = f"60 * sum by (flow, node) (rate(callcenter_ivr_node_entered_total{SITE}[$__rate_interval]))"
    board.lines(Words("菜单节点（每分钟）", "Menu nodes (per minute)"), {"{{flow}}/{{node}}": nodes}, width=24)
    of_all = (
        f"sum by (flow, node) (increase(callcenter_ivr_node_entered_total{SITE}[1h]))"
        f" / on () group_left () (sum(increase(callcenter_calls_total{SITE}[1h])) > 0)"
    )
    title = Words("每个来电经过的次数（1 小时）", "Times per call (1 hour)")
    board.lines(title, {"{{flow}}/{{node}}": of_all}, width=24)


def _ends(board: Board) -> None:
    board.row(Words("结局", "Ends"))
    ends = f"60 * sum by (disposition) (rate(callcenter_calls_ended_total{SITE}[$__rate_interval]))"
    title = Words("通话结局（每分钟）", "How calls ended (per minute)")
    board.lines(title, {"{{disposition}}": ends}, stacked=True, names=DISPOSITIONS)
    calls = {"{{state}}": f"sum by (state) (callcenter_calls{SITE})"}
    board.lines(Words("在线来电", "Calls now"), calls, stacked=True, names=CALL_STATES)
