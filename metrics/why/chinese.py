"""Each kind of cause as a Chinese sentence."""

from collections.abc import Callable, Mapping
from typing import Final

from metrics.dimensions import Dimension
from metrics.why.cause import Kind
from metrics.why.telling import Teller, number, percent

__all__ = ["ZH"]


def _as_usual(t: Teller) -> str:
    return f"；如平日则约 {t.would_be}。" if t.would_be else "。"


def _usual_of(t: Teller, unit: str) -> str:
    return "" if t.cause.usual is None else f"，平日 {number(t.cause.usual)} {unit}"


def _place(t: Teller) -> str:
    if not t.cause.subject:
        return ""
    return f"队列{t.subject}" if t.cause.dimension is Dimension.QUEUE else f"座席{t.subject}"


def _calls(t: Teller) -> str:
    much = f"比平日 {number(t.cause.usual or 0.0)} 通{'多' if t.more else '少'} {t.off}" if t.off else "平日没有来电"
    return f"{_place(t)}来电 {number(t.cause.now)} 通，{much}{_as_usual(t)}"


def _time(what: str) -> Callable[[Teller], str]:
    def tell(t: Teller) -> str:
        where = f"，主要在{_place(t)}" if t.cause.subject else ""
        than = f"平日 {number(t.cause.usual or 0.0)} 秒，{'长' if t.more else '短'} {t.off}" if t.off else "平日没有"
        return f"平均{what} {number(t.cause.now)} 秒，{than}{where}{_as_usual(t)}"

    return tell


def _duty(t: Teller) -> str:
    usual = t.cause.usual or 0.0
    less = f"{'多' if t.more else '少'} {number(abs(t.cause.now - usual))} 人"
    return f"平均在岗 {number(t.cause.now)} 人，比平日 {number(usual)} 人{less}{_as_usual(t)}"


def _readiness(t: Teller) -> str:
    away, usual = 1.0 - t.cause.now, 1.0 - (t.cause.usual or 0.0)
    whence = f"，主要因{_place(t) if t.cause.dimension else t.subject}" if t.cause.subject else ""
    return f"示忙占 {percent(away, 'zh')}，平日 {percent(usual, 'zh')}{whence}{_as_usual(t)}"


def _elsewhere(t: Teller) -> str:
    here, usual = 1.0 - t.cause.now, 1.0 - (t.cause.usual or 0.0)
    return f"座席工作时间的 {percent(here, 'zh')} 用于本队列，平日 {percent(usual, 'zh')}{_as_usual(t)}"


def _refusals(t: Teller) -> str:
    usual = _usual_of(t, "次")
    if not t.cause.subject:
        return f"未接振铃 {number(t.cause.now)} 次{usual}{_as_usual(t)}"
    share = f"，占全部 {percent(t.cause.share or 0.0, 'zh')}"
    return f"座席{t.subject}未接振铃 {number(t.cause.now)} 次{share}{usual}{_as_usual(t)}"


def _overflows(t: Teller) -> str:
    return f"{number(t.cause.now)} 名来电者按规则溢出{_usual_of(t, '名')}，可能有关。"


def _short(t: Teller) -> str:
    return f"短时放弃 {number(t.cause.now)} 次{_usual_of(t, '次')}；不计则为 {t.would_be}。"


def _stands_out(t: Teller) -> str:
    share = f"，占未达标的 {percent(t.cause.share, 'zh')}" if t.cause.share is not None else ""
    return f"{_place(t)}为 {t.figure(t.cause.now)}{share}；其余合计 {t.would_be}。"


def _pauses(t: Teller) -> str:
    return (
        f"{_place(t)}{'有 ' if t.cause.subject else ''}{number(t.cause.now)} 次小休超时，"
        f"共超 {(t.cause.seconds or 0.0) / 60:.0f} 分钟；否则约 {t.would_be}。"
    )


def _wait(t: Teller) -> str:
    return f"平均应答速度 {number(t.cause.now)} 秒{_usual_of(t, '秒')}，可能影响评价。"


def _peak(t: Teller) -> str:
    when = f"{t.clock(t.cause.start)}–{t.clock(t.cause.end)}"
    return (
        f"未达标的 {percent(t.cause.share or 0.0, 'zh')} 在 {when}，其间 {t.figure(t.cause.now)}，其余 {t.would_be}。"
    )


ZH: Final[Mapping[Kind, Callable[[Teller], str]]] = {
    Kind.CALLS: _calls,
    Kind.TALK: _time("通话"),
    Kind.WRAP_UP: _time("事后处理"),
    Kind.HOLD: _time("保持"),
    Kind.DUTY: _duty,
    Kind.READINESS: _readiness,
    Kind.ELSEWHERE: _elsewhere,
    Kind.REFUSALS: _refusals,
    Kind.OVERFLOWS: _overflows,
    Kind.SHORT: _short,
    Kind.STANDS_OUT: _stands_out,
    Kind.PAUSES: _pauses,
    Kind.WAIT: _wait,
    Kind.PEAK: _peak,
}
