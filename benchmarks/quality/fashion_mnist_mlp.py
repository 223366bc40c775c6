"""MLP on Fashion-MNIST: three seeds, the official split.

python -m benchmarks.quality.fashion_mnist_mlp
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce

if __name__ == "__main__":
    given = arguments(seeds=3)
    train, test = fg.read(data_folder("fashion-mnist")).split()
    reproduce(
        "fashion-mnist-mlp",
        fg.MLP(hidden=(256, 256), epochs=15, batch_size=128, dropout=0.2),
        train,
        test,
        data="Fashion-MNIST, official test split",
        target=0.895,
        given=given,
    )
