"""A sensor with faults: learn what its days look like, put wrong readings right, draw new days.

python examples/autoencoder.py
"""

from __future__ import annotations

import numpy as np

import fieldguide as fg

HOURS = 24


def days(count: int, seed: int) -> np.ndarray:
    """Return temperatures (count, HOURS): warm at noon, each day a little differently."""
    chance = np.random.default_rng(seed)
    mean, swing, noon = chance.normal([[15, 6, 14]], [[4, 1.5, 1]], (count, 3)).T[:, :, None]
    clean = mean + swing * np.cos(2 * np.pi * (np.arange(HOURS) - noon) / HOURS)
    return clean + 0.2 * chance.normal(size=clean.shape)


if __name__ == "__main__":
    model = fg.DenoisingAutoencoder(code=3, epochs=150, lr=3e-3).fit(days(800, seed=0))
    clean = days(100, seed=1)
    spoilt = clean.copy()
    spoilt[:, 9] += 30  # a spike
    spoilt[::2, 16:19] = 0  # a sensor that fell asleep
    repaired = model.repair(spoilt)
    for name, readings in (("spoilt", spoilt), ("repaired", repaired.values)):
        print(f"{name:9s} error {np.sqrt(np.square(readings - clean).mean()):.2f} °C")
    print(f"readings replaced: {repaired.mask.mean():.1%}, wrong: {(spoilt != clean).mean():.1%}")

    generator = fg.VAE(code=3, epochs=100, lr=3e-3, validation=0).fit(days(800, seed=0))
    print("a day that never was:", generator.sample(1)[0, ::6].round(1).tolist(), "°C")
    likely = generator.score_samples(np.stack([clean[0], clean[0][::-1], np.full(HOURS, 15.0)]))
    print("how likely a day, the same backwards, and a flat one are:", likely.round(0).tolist())
