"""An app that answers with what apps see behind `TrustedProxies`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from portal.front.proxies import CERTIFICATE, Proxies, TrustedProxies


def tell(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    seen = {
        "address": environ["REMOTE_ADDR"],
        "scheme": environ["wsgi.url_scheme"],
        "host": environ["HTTP_HOST"],
        "certificate": environ.get(CERTIFICATE, ""),
        "headers": sorted(name for name in environ if name.startswith("HTTP_X")),
    }
    body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


app = TrustedProxies(tell, Proxies.of("unix"))
