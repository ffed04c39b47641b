"""What stands before the app, from the outside in: trusted proxies, limits, doors.

Plain WSGI, so that nothing of it is a hook of the app and all of it meets every request, known
address or not.
"""

from __future__ import annotations

from flask import Flask

from portal.config import Config
from portal.front.doors import Doors
from portal.front.limits import Limits
from portal.front.proxies import Proxies, TrustedProxies


def stand_before(app: Flask, config: Config) -> None:
    """Put the front before `app`; raises ValueError on a proxy that is no address."""
    doors = Doors(app, app.wsgi_app, config)
    app.wsgi_app = TrustedProxies(Limits(doors), Proxies.of(config.proxies))  # type: ignore[method-assign]
