"""What people call the browser that a User-Agent names. Pure."""

from __future__ import annotations

# In this order: Edge and Opera also say Chrome, Chrome also says Safari.
_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
# Android also says Linux, iPhones and iPads also say Mac OS.
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_of(user_agent: str) -> str:
    """Return “Firefox on Linux”, or the beginning of what another program says of itself.

    Such as Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
    """
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    if not browser:
        return user_agent[:40] or "a program without a name"
    return f"{browser} on {system}" if system else browser
