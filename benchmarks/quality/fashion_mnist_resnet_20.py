"""ResNet-20 on Fashion-MNIST: one seed, the official split.

python -m benchmarks.quality.fashion_mnist_resnet_20
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=1)
    train, test = fg.read(data_folder("fashion-mnist")).split()
    model = fg.ResNet(
        depth=20, epochs=12, batch_size=128, lr=3e-3, augment=("flip", "crop"), validation=0
    )
    reproduce(
        "fashion-mnist-resnet-20",
        model,
        train,
        test,
        data="Fashion-MNIST, official test split",
        target=0.93,
        given=given,
    )
