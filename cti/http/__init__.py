"""The HTTP side of the engine: REST for desktops and wallboards, WebSocket feeds, health and metrics.

`app.make_app` puts it together from `services.Services`; `server.HttpServer` listens. Routes decide nothing about calls: they
read the floor, tell the runner, and ask the ports in `services` for the past. Errors become answers in one place, `errors`.
"""
