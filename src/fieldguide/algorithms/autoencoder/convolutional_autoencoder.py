"""Convolutional autoencoder: pictures to short codes and back, by windows (Masci et al. 2011).

Masci, Meier, Cireşan, Schmidhuber, "Stacked Convolutional Auto-Encoders for Hierarchical Feature
Extraction", ICANN 2011.

How it works:
    Convolutions of stride 2 halve a picture again and again into more and more maps, a dense layer
    makes the code of the last ones, and transposed convolutions (Zeiler et al. 2010) go back the
    same way:

        h₁ = max(0, W₁ * x + b₁), …,  z = U h_L + u                     28x28 -> 14x14 -> 7x7 -> K
        x̂ = V₁ *ᵀ max(0, … V_L *ᵀ max(0, U' z + u') …)
        minimise ‖x - x̂‖²

    The same window looks everywhere, so that a stroke is learnt once for all places. Strides stand
    where the paper pools, and a dense code where it keeps maps: codes are vectors. All layers
    learn together, not one after the other.

Use it when:
    You have pictures, some hundred or more, and want short codes, outliers or clean copies of
    them; larger than about 32x32 pixels a dense autoencoder has too many weights.

Think twice when:
    All pictures are cut and centred alike (digits, faces): dense layers do as well there, and
    quicker on a processor. You look at them by eye: squared errors blur.

Cost:
    With 28x28 grey pixels, 32 and 64 maps and a code of 32: 0.24 million weights, 2.1 million
    multiplications forwards.

Shapes:
    Pictures (B, C, H, W) of any one size; codes (B, code); reconstructions (B, C · H · W).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> pictures = np.zeros((64, 1, 12, 12), dtype=np.uint8)
    >>> for place, picture in enumerate(pictures):
    ...     picture[0, place % 8 : place % 8 + 4] = 200                # a bar somewhere
    >>> model = fg.ConvolutionalAutoencoder(code=4, epochs=60, lr=1e-2).fit(pictures)
    >>> model.reconstruct(pictures).shape, model.evaluate(pictures)["explained"] > 0.8
    ((64, 1, 12, 12), True)
"""

from __future__ import annotations

from fieldguide.algorithms.autoencoder._family import RowAutoencoder
from fieldguide.algorithms.autoencoder._networks import (
    AutoencoderNetwork,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
)
from fieldguide.card import Card
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget


class ConvolutionalAutoencoder(RowAutoencoder):
    """Autoencoder of convolutions, for pictures."""

    card = Card(
        title="Convolutional autoencoder",
        paper="Masci, Meier, Cireşan & Schmidhuber (2011). Stacked convolutional auto-encoders for "
        "hierarchical feature extraction. ICANN.",
        year=2011,
        tasks=("representation", "outliers"),
        inputs=("image",),
        capacity=3,
        needs_examples=300,
        local=True,
        exportable=False,
    )

    channels: tuple[int, ...] = option((32, 64), "maps of each convolution, all halving", low=1)

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return convolutions down to the code and up again."""
        shape, channels = task.inputs.shape, self.channels
        return AutoencoderNetwork(
            encoder=ConvolutionalEncoder(shape=shape, channels=channels, outputs=code),
            decoder=ConvolutionalDecoder(shape=shape, channels=channels, inputs=code),
        )
