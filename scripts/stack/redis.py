"""A private Redis (or Valkey), which Lumi uses as a cache only."""
import shutil
import signal
import socket
from pathlib import Path

from .processes import Failure, Launch, base_env, free_port

PACKAGES = ["redis-server"]


def installed() -> bool:
    return program() is not None


def program() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def prepare(folder: Path, fsync: bool) -> dict:
    data = folder / "redis"
    data.mkdir(mode=0o700)
    return {"data": str(data), "port": free_port(), "fsync": fsync}


def launch(folder: Path, settings: dict) -> Launch:
    server = program()
    if server is None:
        raise Failure("redis-server is not installed")
    args = [server, "--bind", "127.0.0.1", "--port", str(settings["port"]), "--dir", settings["data"], "--daemonize", "no", "--save", "",
            "--appendonly", "yes", "--appendfsync", "everysec" if settings["fsync"] else "no"]
    return Launch(args=args, env=base_env(), stop_signal=signal.SIGTERM, ready=lambda: pong(settings["port"]), start_timeout=30)


def pong(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.settimeout(1)
            client.sendall(b"PING\r\n")
            return client.recv(5) == b"+PONG"
    except OSError:
        return False


def variables(folder: Path, settings: dict) -> dict[str, str]:
    return {"LUMI_TEST_REDIS_URL": f"redis://127.0.0.1:{settings['port']}"}
