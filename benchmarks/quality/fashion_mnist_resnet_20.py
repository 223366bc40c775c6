"""ResNet-20 on Fashion-MNIST: one seed, the official split.

python -m benchmarks.quality.fashion_mnist_resnet_20
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import on_official_split

if __name__ == "__main__":
    model = fg.ResNet(
        depth=20, epochs=12, batch_size=128, lr=3e-3, augment=("flip", "crop"), validation=0
    )
    on_official_split(
        "fashion-mnist-resnet-20",
        model,
        "fashion-mnist",
        data="Fashion-MNIST",
        target=0.93,
        seeds=1,
    )
