from __future__ import annotations

import dataclasses
import os

from portal.front import listeners
from portal.front.listeners import Listener


def test_who_listens_is_listed_until_it_ends(config):
    admin = dataclasses.replace(config, serve="admin", bind="10.0.0.5:8443")
    assert listeners.listening(config) == []
    file = listeners.announce(admin)
    assert listeners.listening(config) == [
        Listener("10.0.0.5:8443", "admin", "1.2", False, "", os.getpid())
    ]
    listeners.withdraw(file)
    assert listeners.listening(config) == []


def test_a_process_that_was_killed_is_not_listed(config):
    listeners.announce(config).close()  # its lock goes with it, the file stays
    assert list((config.instance / "listeners").iterdir())
    assert listeners.listening(config) == []
    assert not list((config.instance / "listeners").iterdir())


def test_behind_a_proxy_the_oldest_tls_is_not_ours_to_say(config):
    behind = dataclasses.replace(config, bind="unix:/x", tls="off", proxies="unix")
    told = listeners.described(behind)
    assert (told.oldest_tls, told.asks_certificates, told.proxies) == ("", False, "unix")
