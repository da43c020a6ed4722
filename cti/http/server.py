"""Listens for HTTP."""

import ssl

from aiohttp import web

__all__ = ["HttpServer"]

SHUTDOWN_S = 5.0


class HttpServer:
    """Serves an application at an address; port 0: any free one. No access log: its lines would hold what people looked up."""

    def __init__(self, app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, keepalive_timeout=75.0)
        self._host = host
        self._port = port
        self._tls = tls

    async def start(self) -> int:
        """Begin to listen; the port it is. Raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls)
        await site.start()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Send the desktops away, let answers under way end, and close."""
        await self._runner.cleanup()
