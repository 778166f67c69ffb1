"""The plugin as files: descriptor, build rules, readability, packaging."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import posecast

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BRIDGE = ROOT / "unreal_bridge"
PLUGIN = BRIDGE / "Posecast"
SCHEMA = json.loads((HERE / "uplugin.schema.json").read_text(encoding="utf-8"))


def descriptor(path=PLUGIN / "Posecast.uplugin"):
    return json.loads(path.read_text(encoding="utf-8"))


def test_descriptor_has_the_form_of_a_plugin_s():
    jsonschema.validate(descriptor(), SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"EngineVersion": "5.4.0"}, id="engine_version_in_the_sources"),
        pytest.param({"FileVersion": 2}, id="old_file_version"),
        pytest.param(
            {"Modules": [{"Name": "A", "Type": "Runtime", "LoadingPhase": "Default",
                          "WhitelistPlatforms": ["Win64"]}]},
            id="name_from_before_5_0",
        ),
    ],
)  # fmt: skip
def test_a_wrong_descriptor_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**descriptor(), **change}, SCHEMA)


def test_descriptor_s_modules_have_their_folders():
    for module in descriptor()["Modules"]:
        assert (PLUGIN / "Source" / module["Name"] / f"{module['Name']}.Build.cs").exists()


def test_versions_agree():
    assert descriptor()["VersionName"] == posecast.__version__


def test_build_rules_fit_the_stand_in(csharp_compiler, tmp_path):
    rules = sorted(PLUGIN.rglob("*.Build.cs"))
    assert len(rules) == 2

    def compiled(sources):
        return subprocess.run(
            [csharp_compiler, "-target:library", "-warnaserror", f"-out:{tmp_path / 'rules.dll'}",
             HERE / "stand_ins/ModuleRules.cs", *sources],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = compiled(rules)
    assert done.returncode == 0, done.stdout + done.stderr

    bad = tmp_path / "Posecast.Build.cs"
    text = rules[0].read_text(encoding="utf-8")
    bad.write_text(text.replace("PublicDependencyModuleNames", "PublicDependencyModules"))
    done = compiled([bad])
    assert done.returncode != 0
    assert "PublicDependencyModules" in done.stdout + done.stderr


def test_module_of_the_core_is_a_dependency_and_links_nothing():
    uses = (PLUGIN / "Source/Posecast/Posecast.Build.cs").read_text(encoding="utf-8")
    core = (PLUGIN / "Source/ThirdParty/PosecastCore/PosecastCore.Build.cs").read_text("utf-8")

    assert '"PosecastCore"' in uses
    assert "PublicAdditionalLibraries" not in core
    assert "ModuleType.External" in core


def test_the_code_is_formatted():
    if shutil.which("clang-format") is None:
        pytest.skip("clang-format is not installed; it is no part of the gate")
    files = [
        path
        for folder in (PLUGIN, HERE)
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".h", ".cpp"}
    ]
    assert len(files) > 80
    done = subprocess.run(
        ["clang-format", "--dry-run", "--Werror", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:3000]


def test_files_stay_readable():
    for path in sorted(PLUGIN.rglob("*.[hc]*")) + sorted(HERE.rglob("*.[hcp]*")):
        if path.is_file() and path.suffix != ".pyc":
            assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path


def package(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, BRIDGE / "package_plugin.py", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def library(folder, name, content=b"library"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_packaging_gathers_header_libraries_and_licence(tmp_path):
    libraries = [
        library(tmp_path, name)
        for name in ("posecast_core.dll", "libposecast_core.so", "libposecast_core.dylib")
    ]

    done = package(*libraries, "--output", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    plugin = tmp_path / "out/Posecast"
    core = plugin / "Source/ThirdParty/PosecastCore"
    assert sorted(path.relative_to(core / "bin").as_posix() for path in core.rglob("bin/*/*")) == [
        "Linux/libposecast_core.so", "Mac/libposecast_core.dylib", "Win64/posecast_core.dll",
    ]  # fmt: skip
    header = BRIDGE / "core/include/posecast_core.h"
    assert (core / "include/posecast_core.h").read_bytes() == header.read_bytes()
    assert (plugin / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (plugin / "README.md").exists()
    assert (plugin / "Source/Posecast/Private/Core/Voice.cpp").exists()
    jsonschema.validate(descriptor(plugin / "Posecast.uplugin"), SCHEMA)
    assert str(plugin) in done.stdout


def test_packaging_again_replaces_what_was_there(tmp_path):
    old = library(tmp_path, "libposecast_core.so", b"old")
    package(old, "--output", tmp_path / "out")
    (tmp_path / "out/Posecast/left_over").write_text("x")
    library(tmp_path, "libposecast_core.so", b"new")

    assert package(old, "--output", tmp_path / "out").returncode == 0

    plugin = tmp_path / "out/Posecast"
    assert not (plugin / "left_over").exists()
    packaged = plugin / "Source/ThirdParty/PosecastCore/bin/Linux/libposecast_core.so"
    assert packaged.read_bytes() == b"new"


@pytest.fixture
def engine(tmp_path):
    """What the script uses of an engine; its RunUAT writes down what it was told."""
    folder = tmp_path / "UE_5.4"
    (folder / "Engine/Build/BatchFiles").mkdir(parents=True)
    (folder / "Engine/Build/Build.version").write_text(
        json.dumps({"MajorVersion": 5, "MinorVersion": 4, "PatchVersion": 4})
    )
    script = folder / "Engine/Build/BatchFiles/RunUAT.sh"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/told"\nexit ${{FAIL:-0}}\n')
    script.chmod(0o755)
    return folder


def test_with_an_engine_the_plugin_is_built_for_it(tmp_path, engine):
    so = library(tmp_path, "libposecast_core.so")

    done = package(so, "--output", tmp_path / "out", "--engine", engine, "--platforms", "Linux")

    assert done.returncode == 0, done.stderr
    plugin = tmp_path / "out/Posecast"
    assert descriptor(plugin / "Posecast.uplugin")["EngineVersion"] == "5.4.0"
    assert (tmp_path / "told").read_text().splitlines() == [
        "BuildPlugin",
        f"-Plugin={plugin / 'Posecast.uplugin'}",
        f"-Package={tmp_path / 'out/Posecast-UE5.4'}",
        "-TargetPlatforms=Linux",
    ]


def test_a_build_that_fails_fails_the_packaging(tmp_path, engine, monkeypatch):
    monkeypatch.setenv("FAIL", "6")
    so = library(tmp_path, "libposecast_core.so")

    done = package(so, "--output", tmp_path / "out", "--engine", engine)

    assert done.returncode == 6


@pytest.mark.parametrize(
    ("names", "engine_folder", "complaint"),
    [
        pytest.param(["core.so"], None, "allowed: libposecast_core.dylib", id="name"),
        pytest.param([], None, "at least one library", id="none"),
        pytest.param(["libposecast_core.so"], "nowhere", "no engine", id="engine"),
        pytest.param(["missing/libposecast_core.so"], None, "does not exist", id="missing"),
    ],
)
def test_what_cannot_be_packaged_is_told(tmp_path, names, engine_folder, complaint):
    for name in names:
        if "/" not in name:
            library(tmp_path, name)
    more = ["--engine", tmp_path / engine_folder] if engine_folder else []

    done = package(*(tmp_path / name for name in names), "--output", tmp_path / "out", *more)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert not (tmp_path / "out").exists()
