"""The Unity-facing code, type-checked against stand-ins: what we believe Unity's API to be."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE.parents[2] / "unity_bridge/com.posecast.unity"
FOLDERS = {
    "Posecast.Unity": ("Runtime/Unity", []),
    "Posecast.Transport.Yaha": ("Runtime/Transport.Yaha", ["Posecast.Unity"]),
    "Posecast.Avatars.Vrm0": ("Runtime/Avatars.Vrm0", ["Posecast.Unity"]),
    "Posecast.Avatars.Vrm10": ("Runtime/Avatars.Vrm10", ["Posecast.Unity"]),
    "Posecast.Avatars.ReadyPlayerMe": ("Runtime/Avatars.ReadyPlayerMe", ["Posecast.Unity"]),
    "Posecast.Unity.Editor": ("Editor", ["Posecast.Unity"]),
    "Posecast.Samples": ("Samples~/TalkingCharacter", ["Posecast.Unity"]),
}
# Fields that Unity fills by SerializeField look unassigned to a compiler.
OPTIONS = ["-warnaserror", "-nowarn:0649"]
# All that the generated messages would add is behind the core.
BASE = ["StandIns", "Google.Protobuf", "Posecast.Generated", "Posecast.Core"]


@pytest.fixture(scope="module")
def engine(mono):
    """The compiler, once it has made the stand-ins and the assembly that all others build on."""
    stand_ins = sorted((HERE / "stand_ins").glob("*.cs"))
    mono.make("StandIns.dll", stand_ins, options=["-warnaserror", "-nowarn:0626"])
    compile_folder(mono, "Posecast.Unity")
    return mono


def compile_folder(mono, name, *more, defines=()):
    folder, references = FOLDERS[name]
    sources = [*sorted((PACKAGE / folder).glob("*.cs")), *more]
    assert len(sources) > len(more), folder
    options = [*OPTIONS, *(f"-d:{define}" for define in defines)]
    mono.make(f"{name}.dll", sources, references=[*BASE, *references], options=options)


@pytest.mark.parametrize("name", FOLDERS)
def test_assembly_fits_the_stand_ins(engine, name):
    compile_folder(engine, name)


def test_code_for_the_editor_fits_too(engine):
    compile_folder(engine, "Posecast.Transport.Yaha", defines=["UNITY_EDITOR"])


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        pytest.param("_renderer.SetBlendShapeWeight(0);", "SetBlendShapeWeight", id="argument"),
        pytest.param("_renderer.SetBlendshapeWeight(0, 1f);", "SetBlendshapeWeight", id="name"),
        pytest.param("float x = _renderer.sharedMesh;", "float", id="type"),
        pytest.param("int unused;", "unused", id="warning"),
    ],
)
def test_a_planted_error_is_caught(engine, tmp_path, planted, complaint):
    source = (PACKAGE / "Runtime/Unity/BlendShapeBinding.cs").read_text(encoding="utf-8")
    place = "        public void Apply(float[] weights)\n        {\n"
    assert place in source
    bad = tmp_path / "BlendShapeBinding.cs"
    bad.write_text(source.replace(place, f"{place}            {planted}\n"), encoding="utf-8")
    others = [
        path for path in sorted((PACKAGE / "Runtime/Unity").glob("*.cs")) if path.name != bad.name
    ]

    (engine.folder / "planted").mkdir(exist_ok=True)  # the core knows the assembly by its name

    done = engine.run(
        "planted/Posecast.Unity.dll", [*others, bad], references=BASE, options=OPTIONS
    )

    assert "failed: 1 error(s)" in done.stdout, done.stdout + done.stderr
    assert complaint in done.stderr


def test_every_switch_on_has_its_switch_off():
    for file in (PACKAGE / "Runtime").rglob("*.cs"):
        text = file.read_text(encoding="utf-8")
        if "private void OnEnable()" in text and "ReadyPlayerMe" not in file.name:
            assert "private void OnDisable()" in text, file
