"""How large a request may be, whether it says its length or is sent piece by piece."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLarge(HTTPException):
    """A request holds too many bytes. Of errors while it is read, FastAPI keeps only this kind.

    Args:
        most: How many it may hold.
    """

    def __init__(self, most: int):
        super().__init__(
            413,
            f"The request is larger than {most} bytes, the most that this server takes. Send fewer "
            "or smaller examples at a time, or start the server with a larger --max-bytes.",
        )


class Limit:
    """Lets an application read so many bytes of a request and no more.

    Args:
        app: The application.
        most: How many.
    """

    def __init__(self, app: ASGIApp, most: int):
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; reading too much of it raises `TooLarge`."""
        declared, seen = _declared(scope), 0

        async def take() -> Message:
            nonlocal seen
            if declared > self.most:
                raise TooLarge(self.most)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise TooLarge(self.most)
            return message

        await self.app(scope, take, send)


def _declared(scope: Scope) -> int:
    """Return the length that a request says it has, or 0."""
    length = dict(scope.get("headers", ())).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
