"""Trains for a long time, to be interrupted: `python -m tests.stopping [RUN]`.

Says "training" once a step is done; ends with status 130 when training was interrupted in good
order, and 131 when it was cut off.
"""

from __future__ import annotations

import signal
import sys

from fieldguide.errors import Interrupted
from tests import toys


class Watched(toys.ToyRivals):
    """Says when it has started."""

    def at(self, share: float) -> None:
        super().at(share)
        if share > 0 and not hasattr(self, "_said"):
            self._said = True
            print("training", flush=True)


class Stubborn(Watched):
    """Takes so long for one step that a polite stop would have to wait."""

    def step(self, batch):
        if hasattr(self, "_said"):
            for _ in range(60_000_000):
                pass
        return super().step(batch)


def main(kind: str, run: str | None = None) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever we inherited
    model = globals()[kind](epochs=100_000)
    try:
        model.fit(toys.array("classification", 300), run=run)
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        print(len(model.history_), len(model.predict(toys.array("classification", 5))))
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(131)


if __name__ == "__main__":
    main(*sys.argv[1:])
