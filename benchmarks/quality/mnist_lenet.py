"""LeNet-5 on MNIST: three seeds, the official split.

python -m benchmarks.quality.mnist_lenet
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=3)
    train, test = fg.read(data_folder("mnist")).split()
    reproduce(
        "mnist-lenet",
        fg.LeNet(epochs=12, batch_size=128),
        train,
        test,
        data="MNIST, official test split",
        target=0.991,
        given=given,
    )
