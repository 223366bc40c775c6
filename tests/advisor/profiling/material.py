"""What a measure looks at, made from a data set without measuring anything else."""

from __future__ import annotations

from fieldguide import tasks
from fieldguide.advisor.profiling import duplicates
from fieldguide.advisor.profiling.landmarks import Landmark
from fieldguide.advisor.profiling.measure import Material
from fieldguide.advisor.profiling.sample import VECTORS, encode, small_pictures


def material(data, reached=None):
    """Return the material of a data set; `reached` is the score of the only quick model."""
    kind = tasks.choose(data, "auto")[0]
    shown = small_pictures(data, 0)
    task = kind.fit(shown, VECTORS)
    mark = Landmark("linear", "a linear model", reached or 0.0, 0.01, 100, 100, 0.0, 0.0)
    return Material(
        task=kind.name,
        form=task.inputs.form,
        dataset=data,
        looked_at=data,
        encoded=encode(task, shown),
        origins=shown.origins,
        score_name=kind.score_name,
        seed=0,
        landmarks={} if reached is None else {"linear": mark},
        curves={},
        duplicates=duplicates.find(data, classes=kind.name == "classification"),
    )
