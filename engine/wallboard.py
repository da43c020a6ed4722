"""`./hotline wallboard`: the whole address a screen on the wall opens, with its token in it."""

import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from agents.accounts import Accounts, BadTokenFile, Role
from engine.api_client import TOKEN_FILE, NotReachable, engine_url
from engine.site import home_folder
from engine.words import language, say

__all__ = ["print_address", "wallboard_address", "wallboard_token"]


def print_address(
    *, url: str | None, lang: str | None, theme: str | None, queues: str | None, home: Path | None = None
) -> int:
    """Exit code 1 when there is no engine or no token, with the reason."""
    home = home or home_folder()
    try:
        token = wallboard_token(home)
        wanted = {"lang": lang or language(), "theme": theme, "queues": queues}
        print(wallboard_address(engine_url(url, home), token, {key: value for key, value in wanted.items() if value}))
    except NotReachable as error:
        print(error, file=sys.stderr)
        return 1
    print(
        say(
            "大屏的浏览器打开此地址即可，无须操作。地址中的令牌只能看大屏，号码均已脱敏。",
            "The browser of the screen opens this and needs no hands. Its token shows the wallboard and nothing else, with "
            "numbers masked.",
        ),
        file=sys.stderr,
    )
    return 0


def wallboard_address(url: str, token: str, wanted: dict[str, str]) -> str:
    """The token stands behind the #, which browsers send to nobody."""
    return f"{url}/wallboard?{urlencode(wanted, safe=',')}#token={quote(token)}"


def wallboard_token(home: Path) -> str:
    """The screens' token of the site in this home. Raises NotReachable."""
    file = home / TOKEN_FILE
    try:
        token = Accounts.open(file, []).token_for(Role.WALLBOARD) if file.exists() else None
    except (BadTokenFile, OSError) as error:
        raise NotReachable(str(error)) from None
    if token is None:
        raise NotReachable(
            say(
                f"没有令牌文件（{file}）。请先运行 ./hotline up。",
                f"there are no tokens ({file}). Start an engine with ./hotline up.",
            )
        )
    return token
