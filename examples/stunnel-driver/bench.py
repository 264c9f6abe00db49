#!/usr/bin/env python3
"""A stunnel that may be spoilt, for `countersign driver-check` (docs/plugins.md, "The bench"). Needs root, stunnel4 and openssl.

    ./bench.py start FOLDER                                            makes it in FOLDER, a new one, with FOLDER/bench.json
    countersign driver-check --bench FOLDER/bench.json ./driver.py
    ./bench.py stop FOLDER

What else it is told (begin, end, empty, by-hand) comes from driver-check.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

NAMES = {"shop": "shop", "odd": "it's an odd name; (100%)", "empty": "empty"}
HOST = "shop.example.com"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Bench:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).absolute()
        self.tls = self.folder / "tls"

    def path(self, name, kind):
        return self.tls / f"{NAMES[name]}.{kind}"

    def place(self, name, port):
        return {"slot": {"certificate": str(self.path(name, "crt")), "privateKey": str(self.path(name, "key"))},
                "endpoints": [{"address": "127.0.0.1", "port": port, "serverName": HOST}]}

    def service(self, name, port):
        return (f"[{name}]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:9\n"
                f"cert = {self.path(name, 'crt')}\nkey = {self.path(name, 'key')}\n")

    def start(self):
        self.tls.mkdir(parents=True)
        self.folder.chmod(0o711)
        # Small, so that it can be full.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", self.tls], check=True)
        ports = {name: free_port() for name in NAMES}
        for name in ("shop", "odd"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                            "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", self.path(name, "key"),
                            "-out", self.path(name, "crt")], check=True, capture_output=True)
        config = self.folder / "stunnel.conf"
        config.write_text(f"pid = {self.folder}/pid\noutput = {self.folder}/log\n"
                          + self.service("shop", ports["shop"]) + self.service("odd", ports["odd"]))
        # Does what `begin` has asked for, else reloads.
        reload = self.folder / "reload"
        reload.write_text(f"""#!/bin/sh
if [ -e '{self.folder}/make-live-lies' ]; then exit 0; fi
if [ -e '{self.folder}/make-live-fails' ]; then echo 'told to fail' >&2; exit 1; fi
if [ -e '{self.folder}/make-live-hangs' ]; then exec sleep 600; fi
kill -HUP "$(cat '{self.folder}/pid')"
""")
        reload.chmod(0o755)
        subprocess.run(["stunnel4", config], check=True)
        (self.folder / "empty-service").write_text(self.service("empty", ports["empty"]))
        (self.folder / "bench.json").write_text(json.dumps({
            "settings": {"config": str(config), "reload": str(reload)},
            "places": [self.place("shop", ports["shop"]), self.place("odd", ports["odd"])],
            "odd": self.place("odd", ports["odd"]), "empty": self.place("empty", ports["empty"]),
            "arrange": [str(pathlib.Path(__file__).absolute()), "arrange", str(self.folder)],
            # stunnel closes its listening sockets for a moment while it reads its configuration again.
            "clientsTurnedAway": ["Connection refused", "Connection reset by peer"],
        }, indent=2))

    def stop(self):
        try:
            pid = int((self.folder / "pid").read_text())
            os.kill(pid, signal.SIGTERM)
            for _ in range(500):
                os.kill(pid, 0)
                time.sleep(0.01)
        except (FileNotFoundError, ProcessLookupError):
            pass
        subprocess.run(["umount", "-l", self.tls])

    def arrange(self, what, condition=""):
        own = self.tls / ".stunnel-driver"
        if what == "empty":
            with open(self.folder / "stunnel.conf", "a") as config:
                config.write((self.folder / "empty-service").read_text())
        elif what == "by-hand":
            given = json.load(sys.stdin)
            pathlib.Path(given["slot"]["certificate"]).write_text(given["certificate"])
            pathlib.Path(given["slot"]["privateKey"]).write_text(given["privateKey"])
        elif condition == "permission-denied":
            own.mkdir(mode=0o700, exist_ok=True)
            os.chown(own, 65534 if what == "begin" else 0, -1)
        elif condition == "disk-full":
            filler = self.tls / "filler"
            if what == "end":
                filler.unlink()
            else:
                subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4096"], capture_output=True)
        elif what == "begin":
            (self.folder / condition).touch()
        else:
            (self.folder / condition).unlink()


if __name__ == "__main__":
    verb, folder, *words = sys.argv[1:] if len(sys.argv) > 2 else sys.exit(__doc__)
    getattr(Bench(folder), verb)(*words)
