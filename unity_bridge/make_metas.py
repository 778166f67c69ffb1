"""Write the .meta file that Unity wants beside every file and folder of the package.

Unity refers to an asset by the GUID in its .meta file, so that it must never change: it is made of
the asset's path. An asset that moves keeps its old .meta file, which is then left as it is. Run
`python unity_bridge/make_metas.py`; with `--check` nothing is written, and the exit status is 1 if
a file is missing, left over or has a GUID twice.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "com.posecast.unity"

IMPORTERS = {
    ".cs": """MonoImporter:
  externalObjects: {}
  serializedVersion: 2
  defaultReferences: []
  executionOrder: 0
  icon: {instanceID: 0}
""",
    ".asmdef": "AssemblyDefinitionImporter:\n  externalObjects: {}\n",
    ".md": "TextScriptImporter:\n  externalObjects: {}\n",
    "package.json": "PackageManifestImporter:\n  externalObjects: {}\n",
}
DEFAULT_IMPORTER = "DefaultImporter:\n  externalObjects: {}\n"
ENDING = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n"


def find_assets() -> list[Path]:
    """Everything that Unity imports: it passes over names that end in `~` or begin with a dot."""
    assets = []
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        is_hidden = any(part.endswith("~") or part.startswith(".") for part in parts)
        if not is_hidden and path.suffix != ".meta":
            assets.append(path)
    return assets


def meta_of(asset: Path) -> Path:
    """Where the .meta file of an asset lies."""
    return asset.with_name(asset.name + ".meta")


def make_meta(asset: Path) -> str:
    """The content of a new .meta file."""
    path = asset.relative_to(PACKAGE).as_posix()
    guid = hashlib.md5(f"com.posecast.unity/{path}".encode(), usedforsecurity=False).hexdigest()
    importer = IMPORTERS.get(asset.name) or IMPORTERS.get(asset.suffix, DEFAULT_IMPORTER)
    folder = "folderAsset: yes\n" if asset.is_dir() else ""
    return f"fileFormatVersion: 2\nguid: {guid}\n{folder}{importer}{ENDING}"


def find_faults() -> list[str]:
    """What is wrong with the .meta files, one line each."""
    assets = find_assets()
    wanted = {meta_of(asset) for asset in assets}
    present = set(PACKAGE.rglob("*.meta"))
    faults = [f"{path.relative_to(PACKAGE)} is missing" for path in sorted(wanted - present)]
    faults += [f"{path.relative_to(PACKAGE)} is left over" for path in sorted(present - wanted)]
    guids = Counter(
        match[1] if (match := re.search(r"^guid: ([0-9a-f]{32})$", path.read_text(), re.M)) else ""
        for path in present
    )
    faults += [
        f"GUID {guid or 'missing'}: {n} files" for guid, n in guids.items() if n > 1 or not guid
    ]
    return faults


def main() -> int:
    """Write or check, by the command line.

    Returns:
        Exit status: 1 if a check found a fault.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, look only")
    if not parser.parse_args().check:
        for asset in find_assets():
            if not meta_of(asset).exists():
                meta_of(asset).write_text(make_meta(asset), encoding="utf-8", newline="\n")
    faults = find_faults()
    for fault in faults:
        sys.stderr.write(f"{fault}; run: python unity_bridge/make_metas.py\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
