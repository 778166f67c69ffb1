"""What little of Unreal's header tool a compiler needs: the `.generated.h` of each header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_TYPE = re.compile(
    r"^(?P<kind>class|struct) (?:POSECAST_API )(?P<name>[UF]\w+)(?: : public (?P<base>\w+))? \{$"
)
_BODY = "GENERATED_BODY()"
_MARKS = ("UCLASS(", "USTRUCT(")


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
    if not any(line.startswith((*_MARKS, "UENUM(")) for line in lines):
        if own in includes:
            raise HeaderFault(f"{header.name} includes its generated header without a type")
        return None
    if not includes or includes[-1] != own:
        raise HeaderFault(f"{header.name}: the last include must be {own}")
    file_id = f"FID_{header.stem}"
    made = [f"#undef CURRENT_FILE_ID\n#define CURRENT_FILE_ID {file_id}\n"]
    made += [
        f"#define {file_id}_{number} {body(match)}\n"
        for number, match in bodies(header.name, lines)
    ]
    return "".join(made)


def bodies(name: str, lines: list[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Each GENERATED_BODY(): its line, and the type that it belongs to."""
    current = None
    for number, line in enumerate(lines, 1):
        match = _TYPE.match(line)
        if match:
            current = match
            if not any(before.startswith(_MARKS) for before in lines[max(0, number - 4) : number]):
                raise HeaderFault(f"{name}:{number}: no UCLASS or USTRUCT before it")
        if line.strip() == _BODY:
            if current is None:
                raise HeaderFault(f"{name}:{number}: {_BODY} outside of a type")
            yield number, current
            current = None
    if current is not None:
        raise HeaderFault(f"{name}: {current['name']} has no {_BODY}")


def body(match: re.Match[str]) -> str:
    """What GENERATED_BODY() of a type becomes."""
    if match["kind"] == "struct":
        return "static UScriptStruct* StaticStruct();"
    return (
        f"public: typedef {match['base']} Super; typedef {match['name']} ThisClass; "
        "static UClass* StaticClass(); private:"
    )
