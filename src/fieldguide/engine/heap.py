"""Memory that one batch gives back is kept for the next.

By default C's allocator on Linux returns freed memory to the system as soon as the top of its heap
is free. Each batch then asks for its activations anew, and the system hands out and clears every
page again: a third of the time of running LeNet-5 on 10,000 pictures, and a twentieth of training
ResNet-18. Peak memory is the same; what is kept between batches is at most `KEPT`.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

KEPT = 1 << 30  # bytes of free heap that stay with this process
OWN_MAPPING = 1 << 25  # blocks above this get pages of their own; the largest that glibc accepts
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # the numbers that malloc.h gives these settings


@cache
def keep_freed_memory() -> bool:
    """Tell glibc, once a process, to keep freed memory; say whether it was told.

    It is not where the user set a threshold in the environment, and on other C libraries.
    """
    theirs = {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}
    if theirs & set(os.environ) or platform.libc_ver()[0] != "glibc":
        return False
    c = ctypes.CDLL(None)
    return bool(c.mallopt(M_MMAP_THRESHOLD, OWN_MAPPING) and c.mallopt(M_TRIM_THRESHOLD, KEPT))
