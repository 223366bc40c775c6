"""LeNet-5 on Fashion-MNIST: three seeds, the official split.

python -m benchmarks.quality.fashion_mnist_lenet
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import on_official_split

if __name__ == "__main__":
    model = fg.LeNet(epochs=12, batch_size=128)
    on_official_split(
        "fashion-mnist-lenet", model, "fashion-mnist", data="Fashion-MNIST", target=0.905
    )
