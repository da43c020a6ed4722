"""From exceptions to answers: one map of statuses and stable error ids, and no word of our insides to a client."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from acd.core import Refused
from cti.http.services import HistoryUnavailable, QuestionRefused, ReloadRefused, UnknownVersion
from desk.items import IllegalStep, NotYours
from desk.store import ItemChanged
from metrics.outside import Overlapping
from recordings.ledger import RecordingNotThere

__all__ = ["ApiError", "errors_as_answers", "forbidden", "not_found", "reply"]

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHINESE: Final[dict[str, str]] = {
    "agent_in_use": "座席仍在签入状态",
    "agent_not_on_duty": "座席未签入或示忙",
    "already": "该号码已登记回拨",
    "already_over": "结束时间已过",
    "already_there": "来电已在该队列中",
    "bad_configuration": "配置有误，未作任何更改",
    "bad_request": "请求格式有误",
    "break_quota_full": "班组小休人数已满",
    "callback_in_progress": "客户已接听回拨",
    "call_not_waiting": "来电不在排队中",
    "emergency_everywhere": "全部队列紧急关闭，只能一起开放",
    "forbidden": "没有权限",
    "history_unavailable": "历史数据暂不可用",
    "is_callback": "回拨客户不能转到其他队列",
    "illegal_transition": "当前状态不允许此操作",
    "internal": "系统内部错误",
    "item_changed": "事项刚被他人更改，请刷新",
    "item_taken": "事项已被他人领取",
    "method_not_allowed": "不支持此方法",
    "no_more_extensions": "事后处理时间不能再延长",
    "not_called": "该队列不再自动回拨",
    "not_a_raise": "优先级只能提升",
    "not_found": "没有此资源",
    "number_not_allowed": "该号码不在允许外呼的范围内",
    "offer_over": "派发已结束或已接听",
    "queue_in_use": "队列中仍有来电",
    "recording_not_there": "录音文件不存在",
    "still_on_the_line": "客户尚未挂机",
    "told_twice": "同一时间已有该数据",
    "too_large": "请求内容过大",
    "unauthorized": "未登录或令牌无效",
    "unknown_agent": "没有此座席",
    "unknown_callback": "没有此回拨",
    "unknown_call": "没有此通话",
    "unknown_item": "没有此事项",
    "unknown_offer": "没有此派发",
    "unknown_prompt": "没有此语音提示",
    "unknown_queue": "没有此队列",
    "unknown_reason": "未定义的示忙原因",
    "unknown_recording": "没有此录音",
    "unknown_version": "没有保留此版本",
}
"""What the errors are called in Chinese. The ids are part of the API: they are added to, never renamed."""

_HTTP_ERRORS: Final = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ApiError(Exception):
    """An answer that is an error. `details` are further fields of it."""

    def __init__(self, status: int, error: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.details = details


def forbidden(message: str) -> ApiError:
    """The role does not allow this."""
    return ApiError(403, "forbidden", message)


def not_found(what: str, key: str) -> ApiError:
    """There is no such thing; `what` is agent, queue, call, callback, offer, prompt, version, recording or item."""
    return ApiError(404, f"unknown_{what}", f'there is no {what} "{key}"')


def reply(body: Any, status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json", charset="utf-8")


@web.middleware
async def errors_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware."""
    try:
        return await handler(request)
    except Exception as error:
        answer = _as_api_error(error)
        if answer.status >= 500 and not isinstance(error, HistoryUnavailable):
            log.exception("%s %s failed", request.method, request.path)
        return _error_reply(answer)


def _as_api_error(error: Exception) -> ApiError:  # noqa: PLR0911, PLR0912 - the map itself, one line an exception
    match error:
        case ApiError():
            return error
        case Refused():
            return ApiError(409, error.error, str(error))
        case msgspec.ValidationError() | msgspec.DecodeError():
            return ApiError(400, "bad_request", str(error))
        case QuestionRefused():
            return ApiError(400, "bad_request", str(error))
        case RecordingNotThere():
            return ApiError(404, "recording_not_there", str(error))
        case IllegalStep():
            return ApiError(409, "illegal_transition", str(error))
        case NotYours():
            return ApiError(409, "item_taken", str(error))
        case ItemChanged():
            return ApiError(409, "item_changed", str(error))
        case Overlapping():
            return ApiError(409, "told_twice", str(error))
        case ReloadRefused():
            return ApiError(422, "bad_configuration", str(error), problems=list(error.problems))
        case UnknownVersion():
            return ApiError(404, "unknown_version", str(error))
        case HistoryUnavailable() | TimeoutError():
            return ApiError(503, "history_unavailable", "the database does not answer; try again later")
        case web.HTTPException() if error.status < 500:
            return ApiError(error.status, _HTTP_ERRORS.get(error.status, "bad_request"), error.reason)
        case _:
            return ApiError(500, "internal", "something went wrong here; it is in the engine's log")


def _error_reply(error: ApiError) -> web.Response:
    body = {"error": error.error, "message": str(error)}
    if error.error in CHINESE:
        body["message_zh"] = CHINESE[error.error]
    answer = reply(body | error.details, error.status)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
