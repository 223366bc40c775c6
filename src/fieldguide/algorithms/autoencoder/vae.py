"""Variational autoencoder: codes are a distribution, and new ones can be drawn (Kingma 2014).

Kingma, Welling, "Auto-Encoding Variational Bayes", ICLR 2014; β after Higgins et al., "β-VAE",
ICLR 2017; the importance-weighted bound of Burda, Grosse, Salakhutdinov, ICLR 2016; classes as
conditions after Kingma, Mohamed, Rezende, Welling, NIPS 2014; ``prior="fitted"`` after Ghosh et
al., ICLR 2020.

How it works:
    Examples are thought to come from hidden numbers z ~ N(0, 1) through a decoder p(x | z). The
    encoder guesses which z an example came from, q(z | x) = N(μ(x), σ²(x)), and both learn to
    raise a lower bound (ELBO) on log p(x), with one draw z = μ + σ ε, ε ~ N(0, 1):

        log p(x) ≥ E_q log p(x | z) - β KL(q(z | x) ‖ N(0, 1))              at β = 1
        KL = ½ Σ (μ² + σ² - log σ² - 1)

    A number is Gaussian around the decoder's output, with a learnt variance for each column, or
    (``likelihood="bernoulli"``) black or white: log p = x log y + (1 - x) log(1 - y) for x between
    the lowest and the highest value seen; a category is a softmax. With more draws a tighter bound
    is had, log (1/k) Σ p(x, zᵢ) / q(zᵢ | x): `log_likelihood`, and how strange an example is.
    With ``task="generation"`` and examples that have classes, the class is told to encoder and
    decoder (but for a tenth of the examples, so that it can be left open): `sample(label=…)`. New
    codes are drawn from a Gaussian fitted to the codes of all examples, or of the class asked for;
    ``prior="standard"`` draws from N(0, 1) as published, where with a class or after short training
    few codes lie: likelihoods are those of N(0, 1) in any case.

Use it when:
    You want new examples (`sample`), codes between which one can walk, probabilities of examples,
    or outliers that come with one.

Think twice when:
    Pictures must look sharp: what is left open is averaged. You want codes only: `beta` trades
    reconstruction for order in the codes, and a plain autoencoder reconstructs better.

Cost:
    784-200-200-20 and back: 0.41 million weights, and as many multiplications forwards. With
    ``convolutional=True`` about 2 million multiplications, and more time than that on a processor.

Shapes:
    Rows (B, D) of any array, table or picture; codes (B, code), the means; samples (count, D).

Example:
    >>> import numpy as np, fieldguide as fg
    >>> X = np.random.default_rng(0).normal(size=(400, 1)) * [[3.0, -3.0]] + [[10.0, 0.0]]
    >>> model = fg.VAE(code=1, hidden=(32,), epochs=100, lr=1e-2).fit(X)
    >>> drawn = model.sample(200)
    >>> drawn.shape, bool(np.corrcoef(drawn.T)[0, 1] < -0.9)
    ((200, 2), True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fieldguide import engine
from fieldguide.algorithms.autoencoder._correction import Entries
from fieldguide.algorithms.autoencoder._family import RowAutoencoder, layout_of
from fieldguide.algorithms.autoencoder._likelihood import Likelihood, divergence, importance_bound
from fieldguide.algorithms.autoencoder._networks import BENDS, AutoencoderNetwork
from fieldguide.algorithms.autoencoder._vae_network import VAENetwork, halves
from fieldguide.card import Card, Reference
from fieldguide.codecs import Labels
from fieldguide.data import Batch, Dataset, Examples
from fieldguide.engine import Stage
from fieldguide.errors import UsageError
from fieldguide.hyperparameter import option
from fieldguide.tasks.without_target import WithoutTarget

GENERATING = 20  # hidden numbers for new examples; those that are not needed fall silent
DRAWS = 16  # of the bound that says how strange an example is
AT_ONCE = 1 << 22  # numbers of decoded rows in memory at a time
ELBO = "elbo"  # name of the evidence lower bound in the history, in nats
KINDS = ("auto", "gaussian", "bernoulli")
PRIORS = ("fitted", "standard")
FITTED_ON = 10_000  # examples at most
UNTOLD = 0.1  # share of the examples whose class is kept from the network in training


class VAE(RowAutoencoder):
    """Variational autoencoder, dense or convolutional."""

    takes_classes = True
    card = Card(
        title="Variational autoencoder",
        paper="Kingma & Welling (2014). Auto-encoding variational Bayes. ICLR.",
        year=2014,
        tasks=("representation", "outliers", "generation"),
        inputs=("array", "table", "image"),
        capacity=3,
        needs_examples=500,
        exportable=False,
        references=(
            Reference(
                data="MNIST, stochastically binarised",
                metric="log-likelihood",
                value=-86.76,
                source="Burda, Grosse & Salakhutdinov (2016), table 1: one stochastic layer, k = 1",
            ),
        ),
    )

    overcomplete = True

    code: int = option(20, "hidden numbers; 0: a quarter of those of an example, 32 at most", low=0)
    hidden: tuple[int, ...] = option((200, 200), "units of each hidden layer", low=1)
    activation: str = option("relu", "bend between layers", choices=tuple(BENDS))
    likelihood: str = option("auto", "of numbers; auto: bernoulli for pictures", choices=KINDS)
    beta: float = option(1.0, "weight of the divergence", low=0, search=(0.1, 4.0), log=True)
    warm_up: float = option(
        0.0, "share of training in which the divergence comes in", low=0, high=1
    )
    prior: str = option("fitted", "of new codes; standard: as published", choices=PRIORS)
    convolutional: bool = option(False, "whether to look at pictures through windows")
    channels: tuple[int, ...] = option((32, 64), "maps of each convolution, all halving", low=1)

    def network(self, task: WithoutTarget, code: int) -> AutoencoderNetwork:
        """Return both halves and the likelihood.

        Raises:
            UsageError: Convolutions were asked for, and there are no pictures.
        """
        image = task.inputs.form == "image"
        if self.convolutional and not image:
            raise UsageError(
                f"convolutional=True is for pictures, and these inputs are of the form "
                f"{task.inputs.form}. Leave it out."
            )
        chosen = {"auto": "bernoulli" if image else "gaussian"}.get(self.likelihood)
        classes = _classes_of(task)
        shape = task.inputs.shape if self.convolutional else ()
        encoder, decoder = halves(
            code=code, classes=classes, width=task.width, hidden=self.hidden,
            activation=self.activation, shape=shape, channels=self.channels,
        )  # fmt: skip
        return VAENetwork(
            encoder=encoder,
            decoder=decoder,
            code=code,
            likelihood=Likelihood(kind=chosen or self.likelihood, layout=layout_of(task)),
            classes=classes,
        )

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Learn between which values numbers lie, then everything else."""
        self._share, self._entries = 0.0, Entries(self.rows_task)
        low, high = self.look_at(data)
        numbers, inputs = self.rows_task.numbers, self.rows_task.inputs
        low, high = low[:numbers], high[:numbers]
        if inputs.form == "image":  # black and white are the same everywhere in a picture
            each = (inputs.shape[0], numbers // inputs.shape[0])
            low = low.view(each).amin(dim=1, keepdim=True).expand(each).flatten()
            high = high.view(each).amax(dim=1, keepdim=True).expand(each).flatten()
        self.vae.likelihood.learn_range(low, high)
        batches = data.batches(self.batch_size, seed=self.seed)
        yield Stage("fit", self.step, batches, self.epochs)

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return both terms of the negative bound, of one draw."""
        network, rows, y = self.vae, self.rows(batch), self._classes(batch)
        if y is not None:
            y = torch.where(torch.rand(len(y), device=y.device) < UNTOLD, -1, y)
        mean, log_variance = network.moments(rows, y)
        latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        raw = network.decode(latent, y)
        found = network.likelihood.log_probability(
            self.told(network.likelihood.mean(raw), rows), raw
        )
        risen = min(1.0, self._share / self.warm_up) if self.warm_up else 1.0
        return {
            "reconstruction": -found.mean(),
            "divergence": self.beta * risen * divergence(mean, log_variance).mean(),
        }

    def forward(self, batch: Batch) -> Tensor:
        """Return the raw rows (B, D) of the means."""
        raw: Tensor = self.vae(self.rows(batch), self._classes(batch))
        return raw

    def reconstruction(self, batch: Batch) -> Tensor:
        """Return the mean rows (B, D) of the codes' means."""
        return self.vae.likelihood.mean(self.forward(batch))

    def say(self, rows: Tensor, batch: Batch, void: Tensor) -> Tensor:
        """Return the mean reconstructions (B, D) of changed rows of a batch."""
        return self.vae.likelihood.mean(self.vae(rows, self._classes(batch)))

    def codes(self, batch: Batch) -> Tensor:
        """Return the means of q(z | x), (B, K)."""
        return self.vae.encode(self.rows(batch), self._classes(batch))

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return the mean rows (B, D) of codes (B, K)."""
        self.check_codes(codes)
        return self.vae.likelihood.mean(self.vae.decode(codes))

    def surprise(self, batch: Batch) -> Tensor:
        """Return the negative log-likelihood as the bound of 16 draws estimates it, (B,).

        The same draws serve all examples, so that none depends on its neighbours.
        """
        generator = torch.Generator().manual_seed(self.seed)
        rows = self.rows(batch)
        noise = torch.randn(DRAWS, 1, self.vae.code, generator=generator).to(rows.device)
        return -importance_bound([self.vae.log_weights(rows, noise)])

    def samples(self, count: int, y: Tensor | None, generator: torch.Generator) -> Tensor:
        """Draw new rows (count, D); of pictures the means, whose noise nobody wants to see."""
        device = next(self.vae.parameters()).device
        latent = torch.randn(count, self.vae.code, generator=generator).to(device)
        likelihood, raw = self.vae.likelihood, self.vae.decode(self.vae.prior.draw(latent, y), y)
        if self.rows_task.inputs.form == "image":
            return likelihood.mean(raw)
        return likelihood.draw(raw, generator)

    def finish(self, train: Dataset, held: Dataset | None) -> None:
        """Learn what is usual, and where the codes of training examples lie."""
        super().finish(train, held)
        if self.prior == "standard":
            return
        some = self.rows_task.encode(train.in_memory(FITTED_ON, self.seed))

        def moments(batch: Batch) -> Tensor:
            return torch.cat(self.vae.moments(self.rows(batch), self._classes(batch)), dim=1)

        device = self.vae.prior.means.device
        found = engine.outputs(moments, self.network_, some.on(device), bf16=False)
        means, log_variances = found.chunk(2, dim=1)
        self.vae.prior.learn(means, log_variances.exp(), some.y if self.vae.classes else None)

    def log_likelihood(self, data: Any, samples: int = 100, seed: int = 0) -> np.ndarray:
        """Return a lower bound on the log-likelihood of each example, tighter with more samples.

        Args:
            data: A `Dataset`, the path of one, or inputs as an array or data frame.
            samples: Draws k from q(z | x) for each example, at least 1. One gives an unbiased
                estimate of the evidence lower bound (ELBO).
            seed: Decides the draws.

        Returns:
            Nats, shape (n,): of black and white (bernoulli), or the density of standardised values
            (gaussian), times the probability of the categories.
        """
        if samples < 1:
            raise UsageError(f"samples={samples}: expected a whole number of at least 1.")
        self._check_fitted()
        dataset = self._dataset(data, None, new=True)
        examples = self.task_.encode(dataset, with_target=False, once=True)
        bound = self._bound(samples, torch.Generator().manual_seed(seed))
        found = engine.outputs(bound, self.network_, examples, bf16=False)
        return found.double().numpy()

    def more_watched(self, examples: Examples) -> dict[str, float]:
        """Return the mean evidence lower bound, where new examples are wanted."""
        if self.task_.name != "generation":
            return {}
        bound = self._bound(1, torch.Generator().manual_seed(self.seed))
        found = engine.outputs(bound, self.network_, examples, bf16=False)
        return {ELBO: float(found.double().mean())}

    @property
    def keeps_by(self) -> str:
        """The bound picks the best epoch where new examples are wanted: it is what is learnt."""
        return ELBO if self.task_.name == "generation" else ""

    # Helpers

    def code_width(self, task: WithoutTarget) -> int:
        """Return how many hidden numbers there are."""
        return self.code or (GENERATING if task.name == "generation" else task.usual_code)

    @property
    def vae(self) -> VAENetwork:
        """The network."""
        assert isinstance(self.network_, VAENetwork)
        return self.network_

    def _bound(self, samples: int, generator: torch.Generator) -> Callable[[Batch], Tensor]:
        def bound(batch: Batch) -> Tensor:
            rows, y = self.rows(batch), self._classes(batch)
            piece = max(1, AT_ONCE // rows.numel())
            sizes = [min(piece, samples - start) for start in range(0, samples, piece)]
            drawn = (torch.randn(k, len(rows), self.vae.code, generator=generator) for k in sizes)
            return importance_bound(
                [self.vae.log_weights(rows, noise.to(rows.device), y) for noise in drawn]
            )

        return bound

    def _classes(self, batch: Batch) -> Tensor | None:
        """Return the class codes of a batch where the network was told any."""
        return batch.y if self.vae.classes else None


def _classes_of(task: WithoutTarget) -> int:
    """Return how many classes are conditions."""
    return task.codec.width if task.name == "generation" and isinstance(task.codec, Labels) else 0
