"""Headless Chromium under Selenium. Both are fetched when missing: Debian packages, wheels with pinned sha256."""
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stack import packages
from stack.postgres import cache
from stack.processes import Failure, say

PACKAGES = ["chromium", "chromium-driver", "fonts-noto-color-emoji"]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
SIZES = {"phone": (390, 844, 3), "desktop": (1280, 800, 1)}
FLAGS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--window-size=1280,800"]


def prepare() -> None:
    """Installs what is missing and makes `selenium` importable."""
    missing = [] if shutil.which("chromium") and shutil.which("chromedriver") else list(PACKAGES)
    if importlib.util.find_spec("pip") is None:
        missing.append("python3-pip")
    if missing:
        with tempfile.NamedTemporaryFile(suffix=".log") as log:
            packages.install(missing, Path(log.name))
    sys.path.insert(0, str(selenium_folder()))


def selenium_folder() -> Path:
    """A folder of the cache with exactly the pinned wheels; a change of the pins makes a new one."""
    pins = REQUIREMENTS.read_bytes()
    version = pins.split(b"\nselenium==")[1].split()[0].decode()
    folder = cache() / f"selenium-{version}-py{sys.version_info.major}.{sys.version_info.minor}"
    done = folder / "requirements.txt"
    if done.is_file() and done.read_bytes() == pins:
        return folder
    say(f"fetching Selenium {version} (11 MiB, once) into {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps", "--only-binary=:all:",
           "--root-user-action=ignore", "--require-hashes", "--target", str(folder), "--requirement", str(REQUIREMENTS)]
    if subprocess.run(pip, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        raise Failure("pip could not fetch Selenium (its message is above)")
    done.write_bytes(pins)
    return folder


class Browser:
    """One visitor's browser: an empty profile, one window, one list of languages. Close it by leaving `with`."""

    def __init__(self, languages: str, cookies: bool = True):
        self.languages = languages
        self.cookies = cookies  # False refuses cookies and with them all storage, as the strictest browsers do.

    def __enter__(self) -> "Browser":
        from selenium import webdriver

        self.profile = tempfile.mkdtemp(prefix="lumi-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        if not self.cookies:
            options.add_experimental_option("prefs", {"profile.default_content_setting_values.cookies": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.command("Network.enable")
        agent = self.driver.execute_script("return navigator.userAgent")
        self.command("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=self.languages)
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def command(self, name: str, **parameters: object) -> dict:
        """One command of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def look(self, size: str, scheme: str) -> None:
        """`size` of SIZES, `scheme` light or dark."""
        width, height, scale = SIZES[size]
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=size == "phone")
        self.command("Emulation.setTouchEmulationEnabled", enabled=size == "phone")
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def offline(self, off: bool) -> None:
        self.command("Network.emulateNetworkConditions", offline=off, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console since the last call: exceptions, refused requests, violations of the page's policy."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
