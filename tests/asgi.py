"""An app without a port: a synchronous httpx client that calls it directly. Lifespans are not run."""

import asyncio
from typing import Any

import httpx


class AsgiTransport(httpx.BaseTransport):
    """Hands each request to the app on an event loop of its own."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, its answer read whole."""
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(sent)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def client(app: Any, *, key: str = "") -> httpx.Client:
    """A client of the app; with `key` it shows that bearer key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(transport=AsgiTransport(app), base_url="http://shouwang.test", headers=headers)
