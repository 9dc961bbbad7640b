"""Fetch the scripts that run in a browser into .browser/, which git ignores: `dvc plots` offline, accessibility check.

Without npm or a network it says so in one line and leaves the folder as it was: DVC's page then loads its library from
the network, and the accessibility check is skipped.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".browser"
SCRIPTS = {
    # the versions that DVC's own page names
    "vega@5.20.2": (
        "build/vega.min.js",
        "qmH7aD9GGPpssVdxL1xgcdxTbQzyRUeRR16Os385ymvQhiwCYQNA6+eXUPAZDTVLfk0RXu6Jzj6kUE5jQ80EVw==",
    ),
    "vega-lite@5.2.0": (
        "build/vega-lite.min.js",
        "Yxcg8MvYfxHcG6BbkaKT0oVCIMIcE19UvqIsEwBmyd/7h2nzW7oRnID81T8UrY7hpDrIr6wa2JADOT2dhGNErw==",
    ),
    "vega-embed@6.18.2": (
        "build/vega-embed.min.js",
        "wcDyQPE4J5aiCDc3/suH5RQDvrKkjuLkhzUcbOLwEkNF8/+pp17tS0JghzEvAPNRg+5aG1/N2ydixq8Lk3dOlg==",
    ),
    # for the tests of the report
    "axe-core@4.14.1": (
        "axe.min.js",
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ),
}
"""Package and version in the npm registry: the file wanted of it, and the SHA-512 of the whole package."""
TIME_LIMIT = 120


def main() -> int:
    """Fetch all scripts; the exit status is 1 only where a package is not the one that is pinned."""
    FOLDER.mkdir(exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        return _say("no npm, so `dvc plots` needs the network and the accessibility check is skipped; install Node.js")
    for package in SCRIPTS:
        with tempfile.TemporaryDirectory() as scratch:
            command = [npm, "pack", "--silent", "--fetch-retries=1", "--pack-destination", scratch, package]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=TIME_LIMIT)  # noqa: S603 - fixed
            except (subprocess.SubprocessError, OSError):
                return _say(f"npm could not fetch {package}; `dvc plots` needs the network until `make setup` can")
            if not _unpack(package, next(Path(scratch).glob("*.tgz"))):
                _say(f"{package} is not the package that tools/browser_scripts.py pins; nothing was installed of it")
                return 1
    (FOLDER / ".ready").touch()
    return 0


def _unpack(package: str, archive: Path) -> bool:
    """Copy the wanted file out of the archive, if its checksum is the pinned one."""
    file, expected = SCRIPTS[package]
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != expected:
        return False
    with tarfile.open(archive) as packed:
        member = packed.extractfile(f"package/{file}")
        if member is None:
            return False
        (FOLDER / Path(file).name).write_bytes(member.read())
    return True


def _say(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
