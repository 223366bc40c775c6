"""A convolutional network on small pictures: train, judge, save, load, and look at one prediction.

python examples/convolution.py
"""

from __future__ import annotations

import tempfile

import fieldguide as fg

train, test = fg.read("digits").split(test=0.2, seed=0)

model = fg.LeNet(epochs=8, batch_size=64, lr=3e-3, augment=("crop",)).fit(train)
print({name: round(score, 3) for name, score in model.evaluate(test).items()})

with tempfile.TemporaryDirectory() as folder:
    model.save(f"{folder}/model")
    again = fg.load(f"{folder}/model")
print("predicted", again.predict(test)[:10], "true", list(test.column("digit")[:10]))
