"""What can go wrong at the edges; each docstring says what it means and what to do."""

from __future__ import annotations


class CtiError(Exception):
    """Base of all errors of this package."""


class UnsafeText(CtiError, ValueError):
    """A value holds CR, LF or NUL, or is too long for one protocol line. Refused, never cut or cleaned: fix the sender."""


class AgiError(CtiError):
    """Base of what a caller's FastAGI session can raise."""


class CallerHungUp(AgiError):
    """The caller is gone (HANGUP line, 511, or -1 on a dead channel). End the session and record it as his hang-up."""


class EngineSideLost(AgiError):
    """The connection to Asterisk ended without a HANGUP: Asterisk died, or we closed it. The caller's fate is unknown."""


class CommandTimedOut(AgiError):
    """Asterisk gave no reply in time. The reply is still owed: the next command waits for it first."""


class CommandRefused(AgiError):
    """Asterisk does not know the command or its arguments (510, 520, 503). A mistake of ours: see the text."""


class PlaybackFailed(AgiError):
    """Asterisk could not play the file though the caller is still there: is it missing, or in a wrong format?"""


class BadEnvironment(AgiError):
    """The block that opens a FastAGI session is incomplete, repeats a field, or is too long. The session is refused."""


class BadReply(AgiError):
    """A line that is no AGI reply. The session is closed: to guess would shift every later reply."""


class AmiError(CtiError):
    """Base of what the AMI client can raise."""


class NotConnected(AmiError):
    """There is no logged-in AMI connection. Nothing was sent, and nothing will be sent later."""


class SwitchLost(AmiError):
    """The AMI connection ended before the answer came. The action may or may not have been done: look, then decide."""


class ActionTimedOut(AmiError):
    """Asterisk did not answer the action in time. It may still be done: look, then decide."""


class LoginRefused(AmiError):
    """Asterisk refused user or secret: compare them with manager.conf."""
