"""Image-to-image translation without pairs: each picture as the other of two classes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from fieldguide.codecs import Codec, Labels
from fieldguide.data import Dataset, Examples
from fieldguide.errors import DataError
from fieldguide.metrics import generation as measures
from fieldguide.metrics.pictures import structural_similarity
from fieldguide.tasks.generation import JUDGED, NEIGHBOURS, features
from fieldguide.tasks.without_target import WithoutTarget, labels

UNKNOWN = -1  # code of a picture whose class nobody knows
FEWEST = 2  # pictures of a class that a score needs


class UnpairedImageTranslation(WithoutTarget):
    """Outputs are rows, each a picture as one of the other class; the score is their coverage.

    A picture is translated into the class that it is not of; where its class is not known, into
    the second in alphabetical order. The class is told by a column, or by the folder that the
    picture lies in. Coverage is the share of real held-out pictures that have a translated one of
    the other class nearer than their fifth nearest real neighbour of their own class, in the space
    of the first 64 principal components of all real ones. It asks whether translations look like
    their class, not whether each is the right one: for that, pairs would have to be known.
    """

    name = "unpaired_image_translation"
    score_name = "coverage"
    asks: ClassVar[str] = "translation"
    gives = "each picture as it would look in the other of two classes"
    judged = (
        "coverage, that is, the share of held-out pictures that have a translated one of the other "
        "class nearer than their fifth nearest real neighbour"
    )

    @classmethod
    def allows(cls, dataset: Dataset) -> bool:
        """Pictures of two classes."""
        pictures = any(known.kind == "image" for known in dataset.inputs.values())
        return dataset.target is not None and pictures and labels(dataset).width == 2

    @classmethod
    def target_codec(cls, dataset: Dataset) -> Codec:
        """Learn the two classes.

        Raises:
            DataError: There are none, or not two.
        """
        codec = labels(dataset)
        if isinstance(codec, Labels) and codec.width == 2:
            return codec
        names = [str(name) for name in codec.classes] if isinstance(codec, Labels) else []
        listed = f"{len(names)} ({', '.join(names[:5])})" if names else "none"
        raise DataError(
            f"pictures are translated from one class into another, which takes exactly two classes "
            f"to learn from; there are {listed}.",
            "Put the pictures of each of two classes into a folder named after it, such as horse/ "
            "and zebra/, or name the column of classes with target=… (--target).",
            file=dataset.source,
            field=dataset.target,
        )

    @property
    def classes(self) -> tuple[str, str]:
        """The names of both classes."""
        assert isinstance(self.codec, Labels)
        first, second = (str(name) for name in self.codec.classes)
        return first, second

    def encode(self, dataset: Dataset, *, with_target: bool = True, once: bool = False) -> Examples:
        """Encode the pictures, and their classes as far as columns or folders tell them."""
        examples = super().encode(dataset, with_target=with_target, once=once)
        if examples.y is None:
            examples.y = self._told_by_folders(dataset)
        return examples

    def pictures(self, rows: Tensor) -> Tensor:
        """Return rows (B, width) as pictures (B, channels, height, width), standardised."""
        return rows.unflatten(1, self.inputs.shape)

    def goals(self, y: Tensor | None, count: int) -> Tensor:
        """Return the code of the class that each picture is translated into, (B,)."""
        if y is None:
            return torch.ones(count, dtype=torch.int64)
        return torch.where(y == 1, 0, 1)

    def truth(self, examples: Examples) -> Tensor:
        """Return the real rows, and behind each the code of its class; (n, width + 1)."""
        assert examples.y is not None
        rows = self.all_rows(examples)
        return torch.cat([rows, examples.y[:, None].to(rows)], dim=1)

    def decode(self, outputs: Tensor) -> np.ndarray:
        """Return pictures (n, channels, height, width) in the user's units."""
        return self.values(outputs)

    def score(self, outputs: Tensor, y: Tensor) -> float:
        """Return the coverage of both classes together."""
        return float(self.summands(outputs, y)[:, 0].mean())

    def summands(self, outputs: Tensor, y: Tensor) -> np.ndarray:
        """Return for each real picture whether it is covered, and 1; shape (n, 2)."""
        real, made, codes = self._compared(outputs, y)
        covered = torch.zeros(len(real), dtype=torch.float64)
        for code in (0, 1):
            here = codes == code
            near = measures.covered(real[here], made[codes == 1 - code], k=NEIGHBOURS)
            covered[here] = near.double()
        return np.stack([covered.numpy(), np.ones(len(real))], axis=1)

    def scores(self, outputs: Tensor, y: Tensor) -> dict[str, float]:
        """Return coverage, the mean of both directions' distances, and what is kept.

        `kept` is the structural similarity of pictures and their translations: 1 for a picture
        left as it was. Distances are those of translations from the real pictures of their class.
        """
        real, made, codes = self._compared(outputs, y)
        pairs = [(real[codes == code], made[codes == 1 - code]) for code in (0, 1)]
        frechet = [measures.frechet_distance(*pair) for pair in pairs]
        kernel = [measures.kernel_distance(*pair) for pair in pairs]
        return {
            "coverage": self.score(outputs, y),
            "frechet_distance": float(np.mean(frechet)),
            "kernel_distance": float(np.mean(kernel)),
            "kept": self._kept(outputs[:JUDGED], y[:JUDGED, :-1]),
        }

    def _compared(self, outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return real and translated pictures in one space, and the class of each real one.

        Raises:
            DataError: Fewer than two pictures of a class.
        """
        codes = y[:JUDGED, -1].long()
        for code, name in enumerate(self.classes):
            count = int((codes == code).sum())
            if count < FEWEST:
                raise DataError(
                    f"there are {count} pictures of '{name}' to judge on, and at least {FEWEST} "
                    "of each class are needed.",
                    "Bring pictures of both classes, in folders named after them.",
                )
        real, made = features(y[:JUDGED, :-1], outputs[:JUDGED])
        return real, made, codes

    def _kept(self, outputs: Tensor, real: Tensor) -> float:
        found = [torch.from_numpy(np.asarray(self.values(rows), float)) for rows in (real, outputs)]
        low, high = (0.0, 255.0) if self._bytes else (float(found[0].min()), float(found[0].max()))
        span = high - low if high > low else 1.0
        return float(structural_similarity(found[0] - low, found[1] - low, span).mean())

    @property
    def _bytes(self) -> bool:
        codec = next(iter(self.inputs.codecs.values()))
        return getattr(codec, "stored", "") == "uint8"

    def _told_by_folders(self, dataset: Dataset) -> Tensor:
        """Return codes by the folder that a picture lies in; -1 where it says nothing."""
        place = {name: code for code, name in enumerate(self.classes)}
        source = Path(dataset.source)
        around = place.get(source.parent.name if source.suffix else source.name, UNKNOWN)
        codes = [_code(str(origin), place, around) for origin in dataset.origins]
        return torch.tensor(codes, dtype=torch.int64)


def _code(origin: str, place: dict[str, int], around: int) -> int:
    folders = PurePosixPath(origin).parts[:-1]
    return next((place[name] for name in reversed(folders) if name in place), around)
