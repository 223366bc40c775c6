"""LeNet-5 on Fashion-MNIST: three seeds, the official split.

python -m benchmarks.quality.fashion_mnist_lenet
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=3)
    train, test = fg.read(data_folder("fashion-mnist")).split()
    reproduce(
        "fashion-mnist-lenet",
        fg.LeNet(epochs=12, batch_size=128),
        train,
        test,
        data="Fashion-MNIST, official test split",
        target=0.905,
        given=given,
    )
