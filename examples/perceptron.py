"""Which flowers can a straight line tell apart? The perceptron finds out; the MLP bends the line.

python examples/perceptron.py
"""

from __future__ import annotations

import fieldguide as fg

train, test = fg.read("iris").split(test=0.3, seed=0)

line = fg.Perceptron(epochs=50).fit(train)
print("perceptron", line.evaluate(test)["accuracy"])
print(*line.notes_, sep="\n")

bent = fg.MLP(hidden=(32,), epochs=100, lr=1e-2).fit(train)
print("mlp", bent.evaluate(test)["accuracy"])
