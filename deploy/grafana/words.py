"""What is read on a dashboard, in both languages; a dashboard shows one of them."""

from typing import Final, Literal, NamedTuple

from acd.model import CallState, Disposition, OfferOutcome
from agents.state import AgentState

__all__ = ["CALL_STATES", "DISPOSITIONS", "LANGUAGES", "OUTCOMES", "STATES", "Language", "Words"]

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


class Words(NamedTuple):
    """The same said twice."""

    zh: str
    en: str

    def said(self, language: Language) -> str:
        """In this language."""
        return self.zh if language == "zh" else self.en


STATES: Final = {
    AgentState.OFFLINE: Words("离线", "Offline"),
    AgentState.NOT_READY: Words("未就绪", "Not ready"),
    AgentState.READY: Words("就绪", "Ready"),
    AgentState.OFFERED: Words("振铃", "Offered"),
    AgentState.TALKING: Words("通话", "Talking"),
    AgentState.HOLDING: Words("保持", "Holding"),
    AgentState.WRAP_UP: Words("事后处理", "Wrap-up"),
}

CALL_STATES: Final = {
    CallState.IVR: Words("语音菜单", "In the menu"),
    CallState.WAITING: Words("排队", "Waiting"),
    CallState.OFFERED: Words("振铃", "Offered"),
    CallState.TALKING: Words("通话", "Talking"),
    CallState.AFTER: Words("通话后", "After the talk"),
}

OUTCOMES: Final = {
    OfferOutcome.ACCEPTED: Words("接听", "Accepted"),
    OfferOutcome.DECLINED: Words("拒接", "Declined"),
    OfferOutcome.NO_ANSWER: Words("未接", "No answer"),
    OfferOutcome.UNREACHABLE: Words("话机不可达", "Unreachable"),
    OfferOutcome.WITHDRAWN: Words("撤回", "Withdrawn"),
}

DISPOSITIONS: Final = {
    Disposition.SERVED: Words("已服务", "Served"),
    Disposition.ABANDONED_IVR: Words("菜单中挂断", "Gave up in the menu"),
    Disposition.ABANDONED_WAITING: Words("排队中挂断", "Gave up waiting"),
    Disposition.ABANDONED_RINGING: Words("振铃中挂断", "Gave up while it rang"),
    Disposition.OVERFLOWED: Words("溢出", "Overflowed"),
    Disposition.BLOCKED: Words("黑名单", "Blacklisted"),
    Disposition.COMPLETED_IVR: Words("自助完成", "Served by the menu"),
    Disposition.SWITCH_LOST: Words("交换机丢失", "Lost with the switch"),
    Disposition.NOT_REACHED: Words("回拨未通", "Not reached"),
    Disposition.LAST_RESORT: Words("备用队列接听", "Last resort"),
}
