"""MLP on Fashion-MNIST: three seeds, the official split.

python -m benchmarks.quality.fashion_mnist_mlp
"""

from __future__ import annotations

import fieldguide as fg
from benchmarks.quality._runs import on_official_split

if __name__ == "__main__":
    model = fg.MLP(hidden=(256, 256), epochs=15, batch_size=128, dropout=0.2)
    on_official_split(
        "fashion-mnist-mlp", model, "fashion-mnist", data="Fashion-MNIST", target=0.895
    )
