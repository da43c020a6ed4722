"""Puts the HTTP side together: routes, middlewares, headers, the end."""

from typing import Final

from aiohttp import web

from cti.http import (
    agents,
    audits,
    callbacks,
    calls,
    emergencies,
    feeds,
    figures,
    interventions,
    items,
    pages,
    prompts,
    queues,
    recordings,
    reports,
    service,
    wallboard,
    why,
)
from cti.http.access import authenticated
from cti.http.errors import errors_as_answers
from cti.http.services import SERVICES, Services

__all__ = ["make_app"]

LARGEST_REQUEST: Final = 64 * 1024

SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer that does not say otherwise itself."""


def make_app(services: Services) -> web.Application:
    """The application, ready to be served."""
    app = web.Application(middlewares=[errors_as_answers, authenticated], client_max_size=LARGEST_REQUEST)
    app[SERVICES] = services
    app.add_routes(
        [
            web.get("/healthz", service.health),
            web.get("/metrics", service.metrics),
            web.get("/wallboard", pages.wallboard),
            web.get("/web/assets/{file}", pages.built_file),
            web.get("/api/wallboard/feed", feeds.wall_feed),
            web.get("/api/wallboard/curve", wallboard.curve),
            web.get("/api/version", service.version),
            web.post("/api/reload", service.reload),
            web.get("/api/rules", service.rules),
            web.post("/api/rollback", service.rollback),
            web.get("/api/queues", queues.list_queues),
            web.get("/api/queues/{queue}", queues.show_queue),
            web.post("/api/queues/{queue}/close", interventions.close_queue),
            web.post("/api/queues/{queue}/open", interventions.open_queue),
            web.get("/api/emergencies", emergencies.list_emergencies),
            web.post("/api/emergencies", emergencies.declare),
            web.post("/api/emergencies/lift", emergencies.lift),
            web.get("/api/agents", agents.list_agents),
            web.get("/api/agents/{agent}", agents.show_agent),
            web.post("/api/agents/{agent}/state", agents.change_state),
            web.post("/api/agents/{agent}/wrap-up", agents.extend_wrap_up),
            web.get("/api/agents/{agent}/feed", feeds.agent_feed),
            web.get("/api/floor/feed", feeds.floor_feed),
            web.get("/api/calls", calls.list_calls),
            web.get("/api/calls/{call}", calls.show_call),
            web.get("/api/calls/{call}/explain", calls.explain_call),
            web.post("/api/calls/{call}/identify", calls.identify_call),
            web.post("/api/calls/{call}/raise", interventions.raise_call),
            web.post("/api/calls/{call}/assign", interventions.assign_call),
            web.post("/api/calls/{call}/send", interventions.send_call),
            web.get("/api/callbacks", callbacks.list_callbacks),
            web.post("/api/callbacks", callbacks.ask_for_callback),
            web.post("/api/callbacks/{callback}/cancel", callbacks.cancel_callback),
            web.post("/api/callbacks/{callback}/hurry", callbacks.hurry_callback),
            web.post("/api/offers/{offer}/pull-back", interventions.pull_back_offer),
            web.get("/api/audit", audits.last_audit),
            web.get("/api/audit/live/{quarter}", audits.live_quarter),
            web.get("/api/why", why.why),
            web.get("/api/prompts", prompts.list_prompts),
            web.get("/api/prompts/{language}/{prompt:.+}", prompts.play_prompt),
            web.get("/api/items", items.list_items),
            web.get("/api/items/counts", items.count_items),
            web.get("/api/items/{item}", items.show_item),
            web.get("/api/items/{item}/audio", items.play_message),
            web.post("/api/items/{item}/take", items.change_item),
            web.post("/api/items/{item}/give-back", items.change_item),
            web.post("/api/items/{item}/done", items.change_item),
            web.post("/api/items/{item}/reopen", items.change_item),
            web.get("/api/figures", figures.list_figures),
            web.get("/api/outside", figures.list_outside),
            web.put("/api/outside", figures.tell_outside),
            web.get("/reports", reports.page),
            web.post("/reports", reports.sign_in),
            web.get("/reports/calls", reports.calls_page),
            web.get("/api/reports", reports.show_report),
            web.get("/api/reports/calls", reports.list_calls_behind),
            web.get("/api/reports/agents/{agent}/day", reports.draw_agent_day),
            web.get("/api/recordings", recordings.list_recordings),
            web.get("/api/recordings/{recording}/audio", recordings.play_recording),
        ]
    )
    app.on_response_prepare.append(_add_headers)
    app.on_shutdown.append(_send_desktops_away)
    return app


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "Hotline"


async def _send_desktops_away(app: web.Application) -> None:
    services = app[SERVICES]
    services.pops.close()
    services.floor_feed.close()
    services.wall_feed.close()
