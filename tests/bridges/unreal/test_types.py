"""The plugin's sources, type-checked against stand-ins: what we believe Unreal's API to be."""

from __future__ import annotations

import importlib.util
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BRIDGE = HERE.parents[2] / "unreal_bridge"
MODULE = BRIDGE / "Posecast/Source/Posecast"
STAND_INS = HERE / "stand_ins"
SOURCES = sorted(MODULE.rglob("*.cpp"))
# As the engine compiles: no exceptions, no run-time type information, its macros everywhere.
FLAGS = [
    "-fsyntax-only", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow",
    "-Wundef", "-Wconversion", "-Wsign-conversion", "-Wold-style-cast", "-Wsuggest-override",
    "-Woverloaded-virtual", "-fno-exceptions", "-fno-rtti", "-include", "CoreMinimal.h",
]  # fmt: skip
VARIANTS = {
    "editor": [],
    "game": ["-DWITH_EDITOR=0"],
    "oldest_engine": ["-DSTAND_IN_MINOR=3"],
    "windows": ["-DPLATFORM_WINDOWS=1"],
    "mac": ["-DPLATFORM_MAC=1"],
}
"""What the sources are compiled for."""
WRONG_OVERRIDE = ("FText GetSourceStatus() const override", "FText GetSourceStatus() override")


def load_header_tool():
    spec = importlib.util.spec_from_file_location("uht", HERE / "uht.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


uht = load_header_tool()


@pytest.fixture(scope="session")
def check(compiler, tmp_path_factory):
    """Type-check a source; gives what the compiler says."""
    generated = tmp_path_factory.mktemp("generated")
    for header in sorted((MODULE / "Public").glob("*.h")):
        text = uht.generated(header)
        if text is not None:
            (generated / f"{header.stem}.generated.h").write_text(text, encoding="utf-8")

    def run(source, *flags, first=()):
        folders = [*first, MODULE / "Public", MODULE / "Private", generated]
        done = subprocess.run(
            [compiler, *FLAGS, *flags, "-isystem", STAND_INS,
             "-isystem", BRIDGE / "core/include", *(f"-I{folder}" for folder in folders), source],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stderr

    return run


def test_every_source_fits_the_stand_ins(check):
    assert len(SOURCES) > 20
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(check, SOURCES))

    assert "".join(said) == ""


@pytest.mark.parametrize("variant", VARIANTS)
def test_sources_fit_in_one_unit_as_the_engine_joins_them(check, tmp_path, variant):
    unit = tmp_path / "unity.cpp"
    unit.write_text("".join(f'#include "{source}"\n' for source in SOURCES), encoding="utf-8")

    assert check(unit, *VARIANTS[variant]) == ""


def test_public_headers_need_nothing_before_them(check, tmp_path):
    for header in sorted((MODULE / "Public").glob("*.h")):
        alone = tmp_path / f"{header.stem}.cpp"
        alone.write_text(f'#include "{header.name}"\n', encoding="utf-8")
        assert check(alone) == ""


@pytest.mark.parametrize(
    ("name", "good", "bad", "complaint"),
    [
        pytest.param(
            "PosecastLiveLinkSource.h", *WRONG_OVERRIDE, "does not override", id="wrong_override"
        ),
        pytest.param(
            "PosecastLiveLinkSource.cpp", "Client->RemoveSubject_AnyThread(SubjectKey)",
            "Client->RemoveSubject(SubjectKey)", "RemoveSubject", id="misspelt_member",
        ),
        pytest.param(
            "PosecastLiveLinkSource.cpp", "FLiveLinkWorldTime(Time)", "Time", "operator=", id="type"
        ),
        pytest.param(
            "PosecastLiveLinkSource.cpp", "bHasNames = true;", "bool bHasNames = true;", "unused",
            id="warning",
        ),
    ],
)  # fmt: skip
def test_a_planted_error_is_caught(check, tmp_path, name, good, bad, complaint):
    text = (MODULE / "Private" / name).read_text(encoding="utf-8")
    assert good in text
    (tmp_path / name).write_text(text.replace(good, bad), encoding="utf-8")
    source = tmp_path / "PosecastLiveLinkSource.cpp"
    if not source.exists():  # beside the header, which is looked for there first
        source.write_bytes((MODULE / "Private" / source.name).read_bytes())

    assert complaint in check(source, first=[tmp_path])


def test_the_engine_free_part_names_no_engine(check, compiler):
    for path in sorted((MODULE / "Private/Core").glob("*")):
        text = path.read_text(encoding="utf-8")
        for word in ("CoreMinimal", "FString", "UObject", "TEXT(", "Posecast.h"):
            assert word not in text, path


def test_nothing_of_grpc_or_protobuf_is_in_the_plugin():
    for path in sorted(MODULE.rglob("*.h")) + SOURCES:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not line.startswith(("#include <grpc", "#include <google")), path


def test_public_headers_show_no_core_type():
    for path in sorted((MODULE / "Public").glob("*.h")):
        text = path.read_text(encoding="utf-8")
        assert "posecast_core.h" not in text
        assert "Core/" not in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            '#include "A.generated.h"\n#include "B.h"\nUCLASS()\n', "last include", id="order"
        ),
        pytest.param('#include "B.h"\nUSTRUCT()\n', "last include", id="none"),
        pytest.param('#include "A.generated.h"\n', "without a type", id="needless"),
        pytest.param(
            '#include "A.generated.h"\nUCLASS()\nclass POSECAST_API UA : public UObject {\n};\n',
            "has no GENERATED_BODY", id="no_body",
        ),
        pytest.param(
            '#include "A.generated.h"\n\n\n\nUENUM()\nclass POSECAST_API UA : public UObject {\n',
            "no UCLASS", id="no_mark",
        ),
    ],
)  # fmt: skip
def test_a_header_of_a_wrong_form_is_refused(tmp_path, text, complaint):
    header = tmp_path / "A.h"
    header.write_text(text, encoding="utf-8")

    with pytest.raises(uht.HeaderFault, match=complaint):
        uht.generated(header)
