"""Debian packages that are missing, installed without starting the services they bring."""
import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .processes import Failure, say, tail

POLICY = Path("/usr/sbin/policy-rc.d")


def install(packages: list[str], log: Path) -> None:
    """Installs with apt as root (or through sudo where it asks nothing); else says what to install."""
    wanted = " ".join(packages)
    apt = shutil.which("apt-get")
    prefix = privilege()
    if apt is None or prefix is None:
        how = f"as root: apt-get install {wanted}" if apt else f"the equivalents of the Debian packages {wanted}"
        raise Failure(f"missing: {wanted}. Install {how}\nNo system service of them needs to run: private ones are started.")
    say(f"installing {wanted} (apt; no system service is started)")
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-y", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    with open(log, "ab") as out, no_service_start(prefix):
        def run(*args: str) -> bool:
            return subprocess.run([*command, *args], stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode == 0

        # The package lists of a fresh image are empty, so the first attempt may know none of the names.
        if run("install", "--no-install-recommends", *packages) or (run("update") and run("install", "--no-install-recommends", *packages)):
            return
    raise Failure(f"apt-get could not install {wanted}; the end of {log}:\n{tail(log)}")


def privilege() -> list[str] | None:
    """What goes before a command that needs root; None when root is out of reach."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


@contextlib.contextmanager
def no_service_start(prefix: list[str]) -> Iterator[None]:
    """invoke-rc.d(8) and deb-systemd-invoke(1p) ask policy-rc.d first: 101 means "forbidden". A policy of the machine's own stays."""
    if POLICY.exists():
        yield
        return
    subprocess.run([*prefix, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' >{POLICY} && chmod 755 {POLICY}"], check=True)
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(POLICY)], check=False)
