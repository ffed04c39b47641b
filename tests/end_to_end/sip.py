"""A real registrar (Kamailio) and a real client (Linphone) for end-to-end tests."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

from tests.end_to_end.running import free_port, program, wait_for

# Digest authentication against one user, registrations kept in memory and told to standard error.
KAMAILIO = """\
#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
disable_tcp=yes
auto_aliases=no
listen=udp:{host}:{port}
alias="{host}"
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib64/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("auth", "nonce_expire", 60)

request_route {{
    if (!is_method("REGISTER")) {{ sl_send_reply("405", "Only registrations here"); exit; }}
    if ($au != "{user}" || !pv_www_authenticate("{realm}", "{password}", "0")) {{
        www_challenge("{realm}", "1");
        exit;
    }}
    save("location");
    xlog("L_ERR", "REGISTERED $au expires $hdr(Expires) at {host}\\n");
    exit;
}}
"""


class Registrar:
    """A Kamailio of its own on a loopback address."""

    def __init__(self, folder: Path, host: str, user: str, password: str) -> None:
        self.host = host
        self.port = free_port(socket.SOCK_DGRAM, host)
        folder.mkdir(parents=True)
        self.log_file = folder / "kamailio.log"
        config = folder / "kamailio.cfg"
        config.write_text(
            KAMAILIO.format(
                host=host, port=self.port, user=user, password=password, realm="sip.test"
            )
        )
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program("kamailio"),
                    *("-f", str(config), "-DD", "-E", "-m", "32", "-M", "4", "-Y", str(folder)),
                    *("-P", str(folder / "kamailio.pid")),
                ],
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def registered(self) -> list[str]:
        """Return the users that registered so far, in order."""
        return re.findall(r"REGISTERED (\S+) ", self.log())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


class Linphone:
    """Linphone's command-line client with a home of its own."""

    def __init__(self, folder: Path, config_uri: str, root_ca: Path) -> None:
        self.folder = folder
        # The client does not make its own data folder, and does nothing without it.
        (folder / ".local" / "share" / "linphone").mkdir(parents=True)
        self.rc = folder / "linphonerc"
        self.rc.write_text(
            "[misc]\n"
            f"config-uri={config_uri}\n"
            "[sip]\n"
            "sip_port=-1\nsip_tcp_port=-1\nsip_tls_port=-1\n"
            f"root_ca={root_ca}\n"
            "[net]\nmtu=1300\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the client: it fetches its provisioning, then registers."""
        with (self.folder / "linphone.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("linphonec"), "-c", str(self.rc), "-d", "4"],
                env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return (self.folder / "linphone.log").read_text(errors="replace")

    def stop(self) -> None:
        if self._process is None:
            return
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"quit\n")
            self._process.stdin.close()
            self._process.wait(timeout=15)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(timeout=15)
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()


__all__ = ["Linphone", "Registrar", "wait_for"]
