"""What this machine has: memory, processors."""

from __future__ import annotations

from pathlib import Path

import psutil

# Limits that a container sets, in the two forms that Linux has.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bytes() -> int:
    """Return the memory that this process may use, in bytes."""
    known = [int(psutil.virtual_memory().total)]
    for place in _LIMITS:
        try:
            known.append(int(Path(place).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return min(known)


def resident_bytes() -> int:
    """Return the memory that this process holds now, in bytes."""
    return int(psutil.Process().memory_info().rss)
