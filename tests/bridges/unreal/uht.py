"""What little of Unreal's header tool a compiler needs: the `.generated.h` of each header."""

from __future__ import annotations

import re
from pathlib import Path

_TYPE = re.compile(
    r"^(?P<kind>class|struct) (?:POSECAST_API )(?P<name>[UF]\w+)(?: : public (?P<base>\w+))? \{$"
)
_BODY = "GENERATED_BODY()"


class HeaderFault(Exception):
    """A header that Unreal's tool would refuse."""


def generated(header: Path) -> str | None:
    """Make the `.generated.h` of a header.

    Args:
        header: One of the plugin's public headers.

    Returns:
        Its text, or None if the header has no reflected type.

    Raises:
        HeaderFault: If its form is wrong.
    """
    lines = header.read_text(encoding="utf-8").splitlines()
    includes = [line for line in lines if line.startswith("#include ")]
    own = f'#include "{header.stem}.generated.h"'
    if not any(line.startswith(("UCLASS(", "USTRUCT(", "UENUM(")) for line in lines):
        if own in includes:
            raise HeaderFault(f"{header.name} includes its generated header without a type")
        return None
    if not includes or includes[-1] != own:
        raise HeaderFault(f"{header.name}: the last include must be {own}")
    made = [f"#undef CURRENT_FILE_ID\n#define CURRENT_FILE_ID FID_{header.stem}"]
    current = None
    for number, line in enumerate(lines, 1):
        match = _TYPE.match(line)
        if match:
            current = match
            marks = ("UCLASS(", "USTRUCT(")
            if not any(before.startswith(marks) for before in lines[max(0, number - 4) : number]):
                raise HeaderFault(f"{header.name}:{number}: no UCLASS or USTRUCT before it")
        if line.strip() == _BODY:
            if current is None:
                raise HeaderFault(f"{header.name}:{number}: {_BODY} outside of a type")
            made.append(f"#define FID_{header.stem}_{number} {body(current)}")
            current = None
    if current is not None:
        raise HeaderFault(f"{header.name}: {current['name']} has no {_BODY}")
    return "\n".join(made) + "\n"


def body(match: re.Match[str]) -> str:
    """What GENERATED_BODY() of a type becomes."""
    name, base = match["name"], match["base"]
    if match["kind"] == "struct":
        return "static UScriptStruct* StaticStruct();"
    return f"public: typedef {base} Super; typedef {name} ThisClass; static UClass* StaticClass(); private:"
