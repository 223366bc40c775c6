"""``python -m fieldguide`` is the command ``fieldguide``."""

from __future__ import annotations

import sys

from fieldguide.cli import main

if __name__ == "__main__":
    sys.exit(main())
