"""The dashboard "Month": long stretches, from what is recorded once an hour."""

from deploy.grafana import figures
from deploy.grafana.board import QUEUE, SITE, Board, Cell
from deploy.grafana.figures import PLAIN, counted, over_hours
from deploy.grafana.words import Language, Words

__all__ = ["month"]

FIGURES = ("service_level", "asa", "abandon_rate", "answered_share", "talk_time", "after_call_work")
RANGE = "$__range"


def month(language: Language) -> Board:
    """The whole dashboard."""
    about = Words(
        "由每小时的记录汇总，用于看走势；按自然日、可追溯到通话的数字见报表（./hotline report）。",
        "Added up from hourly records, to see how things go; the reports (./hotline report) have calendar days, each number "
        "with its calls.",
    )
    board = Board("month", Words("月度", "Month"), about, language, ("site", "queue"))
    board.builder.refresh("5m").time("now-30d", "now")
    _whole(board)
    _days(board)
    _queues(board)
    return board


def _whole(board: Board) -> None:
    board.row(Words("所选时段", "The chosen range"))
    for title, count in (
        (Words("来电", "Calls"), "calls"),
        (Words("进线", "Offered"), "offered"),
        (Words("接听", "Answered"), "answered"),
    ):
        board.number(title, counted(count, "site", SITE, RANGE), "short", PLAIN)
    for figure in FIGURES:
        board.figure(figure, over_hours(figure, "site", SITE, RANGE))


def _days(board: Board) -> None:
    board.row(Words("此前 24 小时", "The 24 hours before"))
    volume: dict[Words | str, str] = {
        Words("进线", "Offered"): counted("offered", "site", SITE, "24h"),
        Words("接听", "Answered"): counted("answered", "site", SITE, "24h"),
        Words("放弃", "Abandoned"): counted("abandoned", "site", SITE, "24h"),
        Words("短时放弃", "Short abandons"): counted("short_abandoned", "site", SITE, "24h"),
    }
    board.lines(Words("话务量", "Volume"), volume, width=24)
    for figure in FIGURES:
        whole: dict[Words | str, str] = {Words("全站", "Whole hotline"): over_hours(figure, "site", SITE, "24h")}
        board.figure_lines(figure, whole)


def _queues(board: Board) -> None:
    board.row(Words("各队列", "By queue"))
    cells = [
        Cell(Words("进线", "Offered"), counted("offered", "queue", QUEUE, RANGE, "queue")),
        Cell(Words("接听", "Answered"), counted("answered", "queue", QUEUE, RANGE, "queue")),
        *(
            Cell(
                figures.name(figure),
                over_hours(figure, "queue", QUEUE, RANGE, "queue"),
                figures.unit(figure),
                figures.steps(figure),
            )
            for figure in FIGURES
        ),
    ]
    board.table(Words("所选时段", "The chosen range"), "queue", Words("队列", "Queue"), cells)
    offered = {"{{queue}}": counted("offered", "queue", QUEUE, "24h", "queue")}
    board.lines(Words("进线（此前 24 小时）", "Offered (the 24 hours before)"), offered, width=24, stacked=True)
