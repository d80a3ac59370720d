"""A private RabbitMQ node: its own name, ports, cookie, data, log and epmd, so that no other node matters."""
import os
import secrets
import shutil
import socket
from pathlib import Path

from .processes import Failure, Launch, base_env, free_port

PACKAGES = ["rabbitmq-server"]
# Debian's /usr/sbin/rabbitmq-server changes to the user rabbitmq and to the system's folders: the real script is here.
DEBIAN = Path("/usr/lib/rabbitmq/bin")


def installed() -> bool:
    return programs() is not None


def programs() -> Path | None:
    """The folder with rabbitmq-server and rabbitmqctl."""
    on_path = shutil.which("rabbitmq-server")
    if on_path is None:
        return None
    return DEBIAN if (DEBIAN / "rabbitmq-server").exists() else Path(on_path).resolve().parent


def prepare(folder: Path, fsync: bool) -> dict:
    """Settings of a first start. A durable queue of RabbitMQ always syncs: `fsync` changes nothing here."""
    data = folder / "rabbitmq"
    data.mkdir(mode=0o700)
    port, dist, epmd = free_port(), free_port(), free_port()
    settings = {"data": str(data), "port": port, "dist": dist, "epmd": epmd, "node": f"lumi-{port}@localhost"}
    cookie = data / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(20))
    cookie.chmod(0o400)
    (data / "enabled_plugins").write_text("[].\n")
    (data / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.file.level = info\n")
    (data / "env.conf").write_text("")
    control = folder / "rabbitmqctl"
    exports = "".join(f"export {name}='{value}'\n" for name, value in environment(settings).items() if name != "PATH")
    control.write_text(f"#!/bin/sh\n# rabbitmqctl for the private node in this folder.\n{exports}exec '{found()}/rabbitmqctl' \"$@\"\n")
    control.chmod(0o755)
    return settings


def found() -> Path:
    folder = programs()
    if folder is None:
        raise Failure("rabbitmq-server is not installed")
    return folder


def environment(settings: dict) -> dict[str, str]:
    data = settings["data"]
    return base_env() | {
        "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": data,
        "ERL_EPMD_PORT": str(settings["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": settings["node"],
        "RABBITMQ_DIST_PORT": str(settings["dist"]),
        "RABBITMQ_MNESIA_BASE": f"{data}/mnesia",
        "RABBITMQ_LOG_BASE": f"{data}/log",
        "RABBITMQ_CONFIG_FILE": f"{data}/rabbitmq.conf",
        "RABBITMQ_CONF_ENV_FILE": f"{data}/env.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{data}/enabled_plugins",
        "RABBITMQ_GENERATED_CONFIG_DIR": f"{data}/config",
        "RABBITMQ_PID_FILE": f"{data}/pid",
        # No busy waiting of the schedulers: the cores are shared with what is tested.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
        # Makes the start script exec the Erlang machine, so that the pid started is the pid to kill.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def epmd_launch(settings: dict) -> Launch:
    """The node's own port mapper; it stays when the node is killed."""
    epmd = shutil.which("epmd") or "/usr/bin/epmd"
    return Launch(args=[epmd, "-port", str(settings["epmd"]), "-address", "127.0.0.1"], env=environment(settings),
                  ready=lambda: connects(settings["epmd"]), start_timeout=15)


def launch(folder: Path, settings: dict) -> Launch:
    # The name of a node that was just killed stays in epmd for a moment: a second attempt finds it free.
    return Launch(args=[str(found() / "rabbitmq-server")], env=environment(settings), attempts=3,
                  # SIGTERM takes 10 s longer (measured on 3.10.8); after stop_app nothing is left to lose.
                  stop_command=[str(folder / "rabbitmqctl"), "stop_app"],
                  ready=lambda: speaks_amqp(settings["port"]))


def connects(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def speaks_amqp(port: int) -> bool:
    """The server answers the protocol header with a method frame (Connection.Start) only when it has booted."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.settimeout(2)
            client.sendall(b"AMQP\x00\x00\x09\x01")
            return client.recv(1) == b"\x01"
    except OSError:
        return False


def variables(folder: Path, settings: dict) -> dict[str, str]:
    return {"LUMI_TEST_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{settings['port']}/%2f",
            "LUMI_TEST_RABBITMQCTL": str(folder / "rabbitmqctl")}
