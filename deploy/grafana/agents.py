"""The dashboard "Agents": by state, queue and group. Single agents are on the wallboard, in the reports and in the API: their
names and numbers are never labels.
"""

from deploy.grafana import figures
from deploy.grafana.board import QUEUE, SITE, Board, Cell
from deploy.grafana.figures import at_most, half_hour
from deploy.grafana.words import OUTCOMES, STATES, Language, Words

__all__ = ["agents"]

GROUP = '{site=~"$site", group=~"$group"}'


def agents(language: Language) -> Board:
    """The whole dashboard."""
    about = Words(
        "按状态、队列与班组；单个座席见大屏、报表与 /api/agents。",
        "By state, queue and group; single agents are on the wallboard, in the reports and in /api/agents.",
    )
    board = Board("agents", Words("座席", "Agents"), about, language, ("site", "queue", "group"))
    _now(board)
    _queues(board)
    _groups(board)
    _offers(board)
    return board


def _now(board: Board) -> None:
    board.row(Words("全站", "Whole hotline"))
    for state, said in STATES.items():
        board.number(said, f'sum(callcenter_site_agents{{site=~"$site", state="{state}"}})', width=3)
    overrun = f"sum(callcenter_breaks_overrun{SITE})"
    board.number(Words("小休超时", "Breaks too long"), overrun, "short", at_most(1, 1), width=3)
    states = {"{{state}}": f"sum by (state) (callcenter_site_agents{SITE})"}
    board.lines(Words("座席状态", "Agents by state"), states, stacked=True, names=STATES)
    occupied: dict[Words | str, str] = {Words("全站", "Whole hotline"): f"avg({half_hour('occupancy', 'site', SITE)})"}
    board.figure_lines("occupancy", occupied)


def _queues(board: Board) -> None:
    board.row(Words("按队列（服务多个队列者各计一次）", "By queue (who serves several stands in each)"))
    cells = [
        Cell(said, f'sum by (queue) (callcenter_agents{QUEUE[:-1]}, state="{state}"}})')
        for state, said in STATES.items()
    ]
    occupancy = f"avg by (queue) ({half_hour('occupancy', 'queue', QUEUE)})"
    cells.append(Cell(figures.name("occupancy"), occupancy, figures.unit("occupancy"), figures.steps("occupancy")))
    board.table(Words("各队列", "By queue"), "queue", Words("队列", "Queue"), cells)
    ready = {"{{queue}}": f'sum by (queue) (callcenter_agents{QUEUE[:-1]}, state="ready"}})'}
    board.lines(Words("就绪座席", "Agents ready"), ready)
    on_duty = {"{{queue}}": f"sum by (queue) (queue:callcenter_agents_on_duty:count{QUEUE})"}
    board.lines(Words("值守座席", "Agents on duty"), on_duty)


def _groups(board: Board) -> None:
    board.row(Words("按班组", "By group"))
    cells = [
        Cell(said, f'sum by (group) (callcenter_group_agents{GROUP[:-1]}, state="{state}"}})')
        for state, said in STATES.items()
    ]
    board.table(Words("各班组", "By group"), "group", Words("班组", "Group"), cells)
    resting = {"{{group}}": f"sum by (group) (callcenter_agents_on_break{GROUP})"}
    board.lines(Words("小休人数", "Agents on break"), resting)
    limit = Words("上限", "limit")
    breaks: dict[Words | str, str] = {
        "{{group}}": f"max by (group) (callcenter_longest_break_seconds{GROUP})",
        Words(
            f"{{{{group}}}} {limit.zh}", f"{{{{group}}}} {limit.en}"
        ): f"max by (group) (callcenter_break_limit_seconds{GROUP})",
    }
    board.lines(Words("最长小休", "Longest break"), breaks, "s")


def _offers(board: Board) -> None:
    board.row(Words("派发与工作", "Offers and work"))
    offers = {"{{outcome}}": f"60 * sum by (outcome) (rate(callcenter_queue_offers_total{QUEUE}[$__rate_interval]))"}
    title = Words("派发结果（每分钟）", "Offers by outcome (per minute)")
    board.lines(title, offers, stacked=True, names=OUTCOMES)
    means: dict[Words | str, str] = {
        figures.name(figure): f"avg({half_hour(figure, 'site', SITE)})" for figure in ("talk_time", "after_call_work")
    }
    board.lines(Words("平均处理时长（30 分钟）", "Mean times (30 minutes)"), means, "s")
