"""CPU seconds of this process's descendants by what they do, from /proc, whatever else the machine does."""

import os
from collections import Counter
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
# Told apart by a word of the command line; the first that fits names it.
ROLES = {
    "--type=renderer": "page",
    "--type=gpu-process": "drawing",
    "--type=": "browser's helpers",
    "--headless": "browser",
    "spawn_main": "workers",
    "resource_tracker": "tracker",
    "-m\0app": "server",
}


def seconds() -> Counter[str]:
    """Return the CPU seconds so far of every kind of living descendant."""
    found: Counter[str] = Counter()
    parents = {int(path.name): _parent_and_ticks(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    for pid, (parent, ticks) in parents.items():
        line = [parent]
        while line[-1] in parents and line[-1] != os.getpid():
            line.append(parents[line[-1]][0])
        if line[-1] == os.getpid() and (role := _role(pid)):
            found[role] += ticks / TICK  # type: ignore[assignment]
    return found


def _parent_and_ticks(process: Path) -> tuple[int, int]:
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # gone meanwhile
        return 0, 0
    return int(fields[1]), int(fields[11]) + int(fields[12])


def _role(pid: int) -> str | None:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return None
    return next((role for word, role in ROLES.items() if word in line), None)
