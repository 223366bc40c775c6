"""What one process of a race is to do, as the file that it is started with says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work for a process of its own.

    Attributes:
        name: What to call it while it runs.
        folder: Where it keeps its checkpoint and leaves its result.
        purpose: ``"entrant"`` (learn, then predict what was held out), ``"trial"`` (learn, then
            predict the validation examples alone), ``"ensemble"`` (join models, then predict what
            was held out), ``"forecast"`` (say which algorithms fit) or ``"analysis"`` (look closely
            at the best model).
        algorithm: Name in the catalog.
        hyperparameters: Those that differ from the defaults.
        fraction: Share of the epochs to do, above 0 to 1.
        steps: Training steps that it may take at most, in whole epochs; None for no limit.
        model: Folder of a model that has learnt already, and is only to be scored; or empty.
        members: Folders of the models to join.
        weights: Their votes.
        facts: Goes into the result as it is.
    """

    name: str
    folder: Path
    purpose: str = "entrant"
    algorithm: str = ""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    fraction: float = 1.0
    steps: int | None = None
    model: str = ""
    members: Sequence[str] = ()
    weights: Sequence[float] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "folder": str(self.folder.resolve())}
