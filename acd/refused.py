"""What the core says to a wish it cannot fulfil."""

__all__ = ["Refused"]


class Refused(Exception):
    """The event asks for something that is not possible now; nothing was changed. `error` is a stable identifier."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error
