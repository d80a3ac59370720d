"""Lumi's own processes, started from built programs as an operator would start them.

Three modes: `fleet` (lumi-ingress and N lumi-workers over RabbitMQ), `serve` (`lumi serve` on a configured
PostgreSQL, table queue) and `dev` (`lumi dev` with its own PostgreSQL).
"""
import base64
import http.client
import os
import secrets
import subprocess
from pathlib import Path

from . import postgres, rabbitmq, redis
from .processes import Failure, Launch, Roster, base_env, free_port

ROOT = Path(__file__).resolve().parents[2]
APP_SECRET = "SECRET"
VERIFY_TOKEN = "verify"
HOST = "127.0.0.1"


class Fleet:
    """The processes of one folder; created by `create`, found again by its folder."""

    def __init__(self, folder: Path):
        self.roster = Roster(folder)
        self.settings = self.roster.load().get("fleet")
        if self.settings is None:
            raise Failure(f"no fleet was started in {folder}")

    @staticmethod
    def create(folder: Path, mode: str, services: Path | None, workers: int, profile: str, openai_port: int | None = None) -> "Fleet":
        """Fixes ports, secrets and backends; starts nothing. Every fleet gets a database of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        settings = {"mode": mode, "bin": str(binaries(profile)), "workers": workers, "port": free_port(), "openai_port": openai_port,
                    "secret_key": base64.b64encode(secrets.token_bytes(32)).decode(), "admin_token": secrets.token_hex(16), "backends": {}}
        settings["ops"] = {name: free_port() for name in members(settings)}
        if mode == "dev":
            settings["backends"] = {"LUMI_POSTGRES_HOME": str(postgres.home())}
        else:
            settings["backends"] = backends(services, mode, f"lumi_{secrets.token_hex(4)}")
        Roster(folder).save("fleet", settings)
        return Fleet(folder)

    def start(self) -> None:
        """Migrates the database and starts every process; on failure stops what was started."""
        try:
            if self.settings["mode"] != "dev":
                self.lumi("migrate")
            for name in members(self.settings):
                self.start_one(name)
        except BaseException:
            self.stop()
            raise

    def start_one(self, name: str) -> None:
        if name not in members(self.settings):
            raise Failure(f"{name} is none of {', '.join(members(self.settings))}")
        self.roster.launch(name, self.launch(name))

    def stop(self) -> None:
        """Gently, the ingress first, so that nothing new comes in."""
        for name in members(self.settings):
            self.stop_one(name)

    def stop_one(self, name: str) -> None:
        self.roster.stop(name, self.launch(name))

    def kill_one(self, name: str) -> None:
        self.roster.kill(name)

    def launch(self, name: str) -> Launch:
        return Launch(args=self.command(name), env=self.environment(name), ready=lambda: self.ready(name), start_timeout=120)

    def command(self, name: str) -> list[str]:
        folder, mode = Path(self.settings["bin"]), self.settings["mode"]
        if mode == "serve":
            return [str(folder / "lumi"), "serve"]
        if mode == "dev":
            return [str(folder / "lumi"), "dev", "--host", HOST, "--port", str(self.settings["port"]), "--data", str(self.data)]
        return [str(folder / ("lumi-ingress" if name == "ingress" else "lumi-worker"))]

    @property
    def data(self) -> Path:
        """The data folder of `lumi dev`."""
        return self.roster.folder / "data"

    @property
    def base(self) -> str:
        return f"http://{HOST}:{self.settings['port']}"

    def environment(self, name: str) -> dict[str, str]:
        env = base_env() | self.settings["backends"] | {
            "PORT": str(self.settings["port"]), "META_APP_SECRET": APP_SECRET, "VERIFY_TOKEN": VERIFY_TOKEN}
        if self.settings["mode"] != "dev":
            env |= {"LUMI_SECRET_KEY": self.settings["secret_key"], "X_ADMIN_TOKEN": self.settings["admin_token"],
                    "OUTBOUND_ALLOW": "127.0.0.0/8"}
        if name in self.settings["ops"]:
            env["OPS_ADDR"] = f"{HOST}:{self.settings['ops'][name]}"
        if self.settings["openai_port"]:
            env |= {"OPENAI_BASE_URL": f"http://{HOST}:{self.settings['openai_port']}/v1", "OPENAI_API_KEY": "stub"}
        return env

    def ready(self, name: str) -> bool:
        """`lumi dev` and `lumi serve` answer /readyz on their one port, the others on OPS_ADDR."""
        ports = [self.settings["ops"][name]] + ([self.settings["port"]] if self.settings["mode"] != "fleet" else [])
        return any(status(port, "/readyz") == 200 for port in ports)

    def pids(self) -> dict[str, int]:
        """The living processes by name."""
        found = {name: self.roster.pid(name) for name in members(self.settings)}
        return {name: pid for name, pid in found.items() if pid}

    def lumi(self, *args: str, timeout: float = 300) -> str:
        """Runs the `lumi` command line on this fleet's data; returns its stdout."""
        target = ["--data", str(self.data)] if self.settings["mode"] == "dev" else []
        done = subprocess.run([str(Path(self.settings["bin"]) / "lumi"), *args, *target], env=self.environment("cli"), cwd=self.roster.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise Failure(f"lumi {' '.join(args)} ended with {done.returncode}:\n{(done.stdout + done.stderr).strip()}")
        return done.stdout


def members(settings: dict) -> list[str]:
    if settings["mode"] == "fleet":
        return ["ingress", *(f"worker-{number + 1}" for number in range(settings["workers"]))]
    return ["lumi"]


def binaries(profile: str) -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    return (ROOT / target / profile).resolve()


def build(profile: str) -> Path:
    """Builds the programs of a fleet; returns their folder."""
    args = ["cargo", "build", "-p", "lumi", "-p", "lumi-ingress", "-p", "lumi-worker", "--bins", *(["--release"] if profile == "release" else [])]
    if subprocess.run(args, cwd=ROOT, env=os.environ | {"SQLX_OFFLINE": "true"}).returncode != 0:
        raise Failure("cargo build failed (its message is above)")
    return binaries(profile)


def backends(services: Path | None, mode: str, database: str) -> dict[str, str]:
    """URLs of the private services for one fleet, with a new empty database."""
    state = Roster(services).load() if services else {}
    if "postgres" not in state:
        raise Failure(f"PostgreSQL does not run in {services}: scripts/services start --dir {services}")
    found = {"DATABASE_URL": postgres.create_database(state["postgres"], database)}
    if mode == "fleet":
        if "rabbitmq" not in state:
            raise Failure(f"RabbitMQ does not run in {services}: scripts/services start --dir {services}")
        found["AMQP_URL"] = rabbitmq.variables(services, state["rabbitmq"])["LUMI_TEST_AMQP_URL"]
    if "redis" in state:
        found["REDIS_URL"] = redis.variables(services, state["redis"])["LUMI_TEST_REDIS_URL"]
    return found


def status(port: int, path: str) -> int | None:
    """The HTTP status of a GET on this machine; None when nobody answers."""
    client = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        client.request("GET", path)
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()
