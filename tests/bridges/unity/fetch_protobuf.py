"""Fetch the C# runtime of protobuf, which Debian has only as a part of protobuf's source package.

`python fetch_protobuf.py FOLDER` leaves the C# files (BSD-3-Clause) in FOLDER. The package lists
that apt-get needs for that are kept in a folder of their own: the system's are not touched.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

INSIDE = "csharp/src/Google.Protobuf/"
SUITES = """Types: deb-src
URIs: http://deb.debian.org/debian
Suites: {codename}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def main() -> int:
    """Fetch by the command line."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = fetch(folder)
        unpack(archive, target)
    return 0


def fetch(folder: Path) -> Path:
    """Let apt-get fetch the source package and check its signature."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    (folder / "sources").mkdir()
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "sources/src.sources").write_text(SUITES.format(codename=codename))
    options = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "sources",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    apt_get = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    subprocess.run([*apt_get, "update"], check=True, cwd=folder)
    subprocess.run([*apt_get, "source", "--download-only", "protobuf"], check=True, cwd=folder)
    return next(folder.glob("protobuf_*.orig.tar.*"))


def unpack(archive: Path, target: Path) -> None:
    """Take the C# files out of the archive."""
    with tarfile.open(archive) as package:
        for member in package:
            _, _, path = member.name.partition("/")
            if member.isfile() and path.startswith(INSIDE) and path.endswith(".cs"):
                content = package.extractfile(member)
                file = target / path.removeprefix(INSIDE)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read() if content else b"")


if __name__ == "__main__":
    sys.exit(main())
