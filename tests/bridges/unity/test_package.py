"""The Unity package as files: what Unity's package manager and assembly definitions want."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import posecast

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "unity_bridge/com.posecast.unity"
ASMDEFS = sorted(PACKAGE.rglob("*.asmdef"))
ASMDEF_KEYS = {
    "name": str, "rootNamespace": str, "references": list, "includePlatforms": list,
    "excludePlatforms": list, "allowUnsafeCode": bool, "overrideReferences": bool,
    "precompiledReferences": list, "autoReferenced": bool, "defineConstraints": list,
    "versionDefines": list, "noEngineReferences": bool,
}  # fmt: skip
OPTIONAL = {
    "YetAnotherHttpHandler": "com.cysharp.yetanotherhttphandler",
    "VRM": "com.vrmc.univrm",
    "VRM10": "com.vrmc.vrm",
}
FROM_UNITY = {"UnityEngine.TestRunner", "UnityEditor.TestRunner"}


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_package_json_is_what_the_package_manager_wants():
    package = read_json(PACKAGE / "package.json")

    assert package["name"] == PACKAGE.name
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["unity"] == "2021.3"
    assert package["displayName"]
    assert package["description"]
    assert package["author"]["name"]
    # Packages by git URL cannot be declared; only the registry's own may stand here.
    for name, version in package["dependencies"].items():
        assert name.startswith("com.unity.")
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    for sample in package["samples"]:
        assert set(sample) == {"displayName", "description", "path"}
        assert list((PACKAGE / sample["path"]).glob("*.cs"))


def test_versions_agree():
    version = posecast.__version__
    code = (PACKAGE / "Runtime/Core/PosecastVersion.cs").read_text(encoding="utf-8")
    changelog = (PACKAGE / "CHANGELOG.md").read_text(encoding="utf-8")

    assert read_json(PACKAGE / "package.json")["version"] == version
    assert f'Text = "{version}"' in code
    assert re.search(rf"^## \[{re.escape(version)}\]", changelog, re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "LICENSE.md", "Third Party Notices.md"]
)
def test_the_files_that_unity_shows_are_there(name):
    assert (PACKAGE / name).stat().st_size > 200


def test_licence_is_that_of_the_repository():
    assert (PACKAGE / "LICENSE.md").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("path", ASMDEFS, ids=lambda path: path.stem)
def test_asmdef_is_well_formed(path):
    asmdef = read_json(path)

    assert {key: type(value) for key, value in asmdef.items()} == ASMDEF_KEYS
    assert asmdef["name"] == path.stem
    known = {other.stem for other in ASMDEFS} | OPTIONAL.keys() | FROM_UNITY
    assert set(asmdef["references"]) <= known
    assert len(list(path.parent.glob("*.asmdef"))) == 1
    assert list(path.parent.rglob("*.cs"))


def test_asmdefs_do_not_refer_to_each_other_in_circles():
    references = {path.stem: set(read_json(path)["references"]) for path in ASMDEFS}
    left = dict(references)
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


def test_core_and_messages_know_no_engine():
    for name in ("Core", "Generated"):
        asmdef = read_json(PACKAGE / f"Runtime/{name}/Posecast.{name}.asmdef")
        assert asmdef["noEngineReferences"] is True
        assert asmdef["precompiledReferences"] == ["Google.Protobuf.dll"]


def test_code_for_other_packages_is_compiled_only_with_them():
    for path in ASMDEFS:
        asmdef = read_json(path)
        for reference in set(asmdef["references"]) & OPTIONAL.keys():
            (define,) = asmdef["versionDefines"]
            assert define["name"] == OPTIONAL[reference]
            assert asmdef["defineConstraints"] == [define["define"]]


def test_tests_are_compiled_only_for_tests():
    asmdef = read_json(PACKAGE / "Tests/Editor/Posecast.Tests.asmdef")

    assert asmdef["defineConstraints"] == ["UNITY_INCLUDE_TESTS"]
    assert asmdef["includePlatforms"] == ["Editor"]
    assert "nunit.framework.dll" in asmdef["precompiledReferences"]


def test_every_asset_has_its_meta_with_a_guid_of_its_own():
    done = subprocess.run(
        [sys.executable, ROOT / "unity_bridge/make_metas.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_metas_that_are_missing_doubled_or_left_over_are_found(tmp_path):
    package = tmp_path / "unity_bridge" / PACKAGE.name
    (package / "Runtime").mkdir(parents=True)
    script = tmp_path / "unity_bridge/make_metas.py"
    script.write_bytes((ROOT / "unity_bridge/make_metas.py").read_bytes())
    for name in ("a.cs", "b.cs", "Samples~/c.cs"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text("class A {}")

    def run(*arguments):
        command = [sys.executable, script, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert "a.cs.meta is missing" in run("--check").stderr
    assert run().returncode == 0
    first = (package / "a.cs.meta").read_bytes()
    assert {path.name for path in package.glob("*.meta")} == {
        "a.cs.meta", "b.cs.meta", "Runtime.meta",
    }  # fmt: skip
    (package / "b.cs.meta").write_bytes(first)
    (package / "gone.cs.meta").write_bytes(first.replace(b"guid: ", b"guid: 0"))
    complaints = run("--check").stderr
    assert "2 files" in complaints
    assert "gone.cs.meta is left over" in complaints
    assert (package / "a.cs.meta").read_bytes() == first


def test_generated_messages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "unity_bridge/generate_messages.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 3:
        skip_or_fail(done.stderr.strip())

    assert done.returncode == 0, done.stderr


def skip_or_fail(reason):
    import os

    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_files_stay_readable():
    for path in PACKAGE.rglob("*.cs"):
        if "Generated" not in path.parts:
            lines = path.read_text(encoding="utf-8").splitlines()
            assert len(lines) < 400, path
            assert max(map(len, lines)) <= 170, path
