"""The dashboard "Queues": everything about the chosen queues, and the way from one queue to its reasons."""

from deploy.grafana.board import QUEUE, Board, quantiles
from deploy.grafana.figures import half_hour
from deploy.grafana.floor import queue_figures
from deploy.grafana.words import OUTCOMES, STATES, Language, Words
from metrics.definitions.waiting import RING_CYCLE_S

__all__ = ["queue"]

_ENDS = {
    Words("接听", "Answered"): "answered",
    Words("放弃", "Abandoned"): "abandoned",
    Words("短时放弃", "Short abandons"): "short_abandoned",
    Words("溢出", "Overflowed"): "overflowed",
    Words("交换机丢失", "Lost with the switch"): "switch_lost",
}


def queue(language: Language) -> Board:
    """The whole dashboard."""
    about = Words("所选队列的全部指标及其原因。", "All figures of the chosen queues, and what they come from.")
    board = Board("queue", Words("队列", "Queues"), about, language, ("site", "queue"))
    board.row(Words("概览", "Overview"))
    board.table(Words("各队列", "By queue"), "queue", Words("队列", "Queue"), queue_figures())
    _service(board)
    _waiting(board)
    _work(board)
    _surveys(board)
    return board


def _by_queue(figure: str) -> dict[Words | str, str]:
    return {"{{queue}}": f"avg by (queue) ({half_hour(figure, 'queue', QUEUE)})"}


def _service(board: Board) -> None:
    board.row(Words("服务", "Service"))
    for figure in ("service_level", "asa", "abandon_rate", "answered_share"):
        board.figure_lines(figure, _by_queue(figure))
    ends: dict[Words | str, str] = {
        said: f"60 * sum(rate(callcenter_queue_{kind}_total{QUEUE}[$__rate_interval]))" for said, kind in _ENDS.items()
    }
    board.lines(Words("来电结果（每分钟）", "What became of calls (per minute)"), ends, stacked=True)
    offered = {"{{queue}}": f"60 * sum by (queue) (rate(callcenter_queue_offered_total{QUEUE}[$__rate_interval]))"}
    board.lines(Words("进线（每分钟）", "Offered (per minute)"), offered)


def _waiting(board: Board) -> None:
    board.row(Words("等待", "Waiting"))
    waiting = {"{{queue}}": f"sum by (queue) (callcenter_queue_waiting_calls{QUEUE})"}
    board.lines(Words("等待来电", "Waiting calls"), waiting, stacked=True)
    longest = {"{{queue}}": f"max by (queue) (callcenter_queue_longest_wait_seconds{QUEUE})"}
    board.lines(Words("最长等待", "Longest wait"), longest, "s")
    board.lines(Words("等待时长", "Time in queue"), quantiles("callcenter_queue_wait_seconds", QUEUE), "s")
    board.figure_lines("queue_time", {"{{queue}}": _mean("queued_wait_seconds", "queued_left")})
    board.figure_lines("queued_share", _by_queue("queued_share"))
    board.figure_lines("time_to_abandon_less_short", {"{{queue}}": _mean("abandoned_wait_seconds", "abandoned")})
    said = Words("实际等待与预计（占比）", "Waits against what was expected (share)")
    board.lines(said, _expectations(), "percentunit", stacked=True)
    missed = quantiles("callcenter_expected_wait_error_seconds", QUEUE)
    board.lines(Words("预计等待误差", "Error of the expected wait"), missed, "s")


def _mean(part: str, whole: str) -> str:
    """Over the last half hour."""
    above, below = (f"sum by (queue) (increase(callcenter_queue_{name}_total{QUEUE}[30m]))" for name in (part, whole))
    return f"{above} / ({below} > 0)"


def _expectations() -> dict[Words | str, str]:
    kinds = {
        Words("短于预计", "Shorter"): "below",
        Words("符合预计", "Within"): "within",
        Words("长于预计", "Longer"): "above",
    }
    outcomes = "callcenter_expected_wait_outcomes_total"
    return {
        said: f'sum(rate({outcomes}{QUEUE[:-1]}, outcome="{kind}"}}[30m])) / (sum(rate({outcomes}{QUEUE}[30m])) > 0)'
        for said, kind in kinds.items()
    }


def _work(board: Board) -> None:
    board.row(Words("通话与座席", "Talks and agents"))
    for figure in ("talk_time", "after_call_work", "occupancy"):
        board.figure_lines(figure, _by_queue(figure))
    board.figure_lines("hold_time", {"{{queue}}": _mean("hold_seconds", "held")})
    board.figure_lines("rings", {"{{queue}}": f"1 + {_mean('rung_seconds', 'rung')} / {RING_CYCLE_S:g}"})
    handed_on = f"sum by (queue) (increase(callcenter_queue_transferred_total{QUEUE}[30m]))"
    talks = f"sum by (queue) (increase(callcenter_talk_seconds_count{QUEUE}[30m]))"
    board.figure_lines("transferred_share", {"{{queue}}": f"{handed_on} / ({talks} > 0)"})
    states = {"{{state}}": f"sum by (state) (callcenter_agents{QUEUE})"}
    board.lines(Words("座席状态", "Agents by state"), states, stacked=True, names=STATES)
    offers = {"{{outcome}}": f"60 * sum by (outcome) (rate(callcenter_queue_offers_total{QUEUE}[$__rate_interval]))"}
    title = Words("派发结果（每分钟）", "Offers by outcome (per minute)")
    board.lines(title, offers, stacked=True, names=OUTCOMES)


def _surveys(board: Board) -> None:
    board.row(Words("满意度（1 小时）", "Surveys (1 hour)"))
    board.figure_lines("survey_score", {"{{queue}}": _hourly("survey_points", "survey_scores")})
    board.figure_lines("survey_answered", {"{{queue}}": _hourly("surveys_answered", "surveys_asked")})


def _hourly(part: str, whole: str) -> str:
    above, below = (f"sum by (queue) (increase(callcenter_queue_{name}_total{QUEUE}[1h]))" for name in (part, whole))
    return f"{above} / ({below} > 0)"
