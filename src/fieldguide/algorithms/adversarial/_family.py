"""What the adversarial networks share: two networks, each with an optimizer, learning in turns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fieldguide.algorithms.adversarial import _look, _losses, _notes
from fieldguide.algorithms.adversarial._bounds import Bounds
from fieldguide.algorithms.adversarial._film import Film
from fieldguide.codecs import Labels
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn.eager_adamw import EagerAdamW
from fieldguide.tasks import Task
from fieldguide.tasks.without_target import WithoutTarget, refuse_all_the_same

JUDGED = 2000  # samples, and training examples, that are compared after training
MOST = 1 << 24  # numbers in all of them together


class Rivals(nn.Module):
    """A generator and its discriminator, and what must outlive a killed run beside them.

    Args:
        generator: Makes examples of noise (B, latent) and classes (B,) or None.
        discriminator: Scores examples, given classes (B,) or None; (B,).
        latent: Numbers of noise.
        bounds: The range of pictures, or None for rows.
        film: Keeps frames, or None.
        classes: Classes that samples are looked up among; 0 for none.
    """

    found: Tensor
    covered: Tensor
    turns: Tensor
    last: Tensor

    def __init__(
        self,
        *,
        generator: nn.Module,
        discriminator: nn.Module,
        latent: int,
        bounds: Bounds | None = None,
        film: Film | None = None,
        classes: int = 0,
    ):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent, self.bounds, self.film = latent, bounds, film
        self.register_buffer("found", torch.full((classes,), -1.0))
        self.register_buffer("covered", torch.tensor(-1.0))
        self.register_buffer("turns", torch.zeros((), dtype=torch.int64))
        self.register_buffer("last", torch.zeros(()))  # the generator's loss when it last learnt


class Adversarial(Estimator):
    """A generator that learns from a discriminator, which learns to tell its samples from data.

    Algorithms make the two networks (`rivals`) and say what each of them descends on (`judge`,
    `fool`); the rest is the same for all.
    """

    epochs: int = option(50, "passes over the training data", low=0)
    batch_size: int = option(64, "examples in one step", low=1, search=(32, 256), log=True)
    lr: float = option(2e-4, "learning rate", low=0, search=(5e-5, 1e-3), log=True)
    schedule: str = option(
        "constant", "course of the learning rate", choices=("constant", "cosine", "one-cycle")
    )
    latent: int = option(64, "numbers of noise that a sample is made of", low=1, search=(8, 128))
    momentum: float = option(0.5, "Adam's β₁: how long gradients last", low=0, high=0.999)
    discriminator_steps: int = option(1, "steps of the discriminator for each generator's", low=1)
    film: int = option(0, "samples of every epoch that the model keeps for a film; 0: none", low=0)

    @abstractmethod
    def rivals(self, task: WithoutTarget) -> tuple[nn.Module, nn.Module]:
        """Return a new generator and a new discriminator."""

    def judge(self, real: Tensor, made: Tensor, y: Tensor | None) -> Tensor:
        """Return the discriminator's loss; ``made`` is detached."""
        score = self._rivals.discriminator
        return _losses.judging(score(real, y), score(made, y))

    def fool(self, made: Tensor, y: Tensor | None, raw: Tensor) -> Tensor:
        """Return the generator's loss; ``raw`` is what `made` turned into ``made``."""
        return _losses.fooling(self._rivals.discriminator(made, y))

    def drawn(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the real examples of a step as the discriminator sees them, and conditions."""
        return self.real(batch), self.condition(batch.y, len(batch))

    def real(self, batch: Batch) -> Tensor:
        """Return real examples as the discriminator sees them."""
        rows, bounds = self._task.rows(batch.x), self._rivals.bounds
        if bounds is None:
            return rows
        return bounds.inward(rows.unflatten(1, self._task.inputs.shape)).flatten(1)

    def rows(self, made: Tensor) -> Tensor:
        """Return what a generator made as rows of the task."""
        bounds = self._rivals.bounds
        if bounds is None:
            return made
        return bounds.outward(made.reshape(-1, *self._task.inputs.shape)).flatten(1)

    def made(self, raw: Tensor) -> Tensor:
        """Return what the discriminator sees of a generator's raw outputs."""
        return self._task.finish_rows(raw)

    def condition(self, y: Tensor | None, count: int) -> Tensor | None:
        """Return the classes that networks are told; None where they are told none."""
        return None

    def build(self, task: Task) -> nn.Module:
        """Return both networks."""
        assert isinstance(task, WithoutTarget)
        generator, discriminator = self.rivals(task)
        classes = task.codec.width if isinstance(task.codec, Labels) else 0
        film = Film(
            epochs=self.epochs, scenes=self.film, latent=self.latent, width=task.width,
            classes=classes,
        ) if self.film else None  # fmt: skip
        return Rivals(
            generator=generator,
            discriminator=discriminator,
            latent=self.latent,
            bounds=Bounds(task.inputs.shape[0]) if task.inputs.form == "image" else None,
            film=film,
            classes=classes,
        )

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Give each network an Adam of its own."""
        net, betas = self._rivals, (self.momentum, 0.999)
        return {
            name: EagerAdamW(
                part.parameters(), self.lr, betas=betas, weight_decay=self.weight_decay, fused=True
            )
            for name, part in (
                ("discriminator", net.discriminator), ("generator", net.generator),
            )
        }  # fmt: skip

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield the contest; before it look at the data, after it at the samples."""
        refuse_all_the_same(data)
        net = self._rivals
        if net.bounds is not None:
            net.bounds.learn(data)
        self._share = 0.0
        yield from super().stages(data)
        net.eval()
        if net.film is not None and net.film.due(float(self.epochs)):
            net.film.shoot(self._make)
        self._look_at_samples(data)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Let the discriminator learn, and the generator if it is its turn."""
        net = self._rivals
        self._film_it()
        real, y = self.drawn(batch)
        noise = torch.randn(len(real), net.latent, device=real.device)
        due = self.discriminator_steps == 1 or (int(net.turns) + 1) % self.discriminator_steps == 0
        with torch.set_grad_enabled(due):
            raw = net.generator(noise, y)
            made = self.made(raw)
        judged = self.judge(real, made.detach(), y)
        self.descend("discriminator", judged)
        if due:
            fooled = self.fool(made, y, raw)
            self.descend("generator", fooled)
            net.last.copy_(fooled.detach())
        if self._descent.last:
            net.turns += 1
        return {
            "discriminator": judged,
            "generator": net.last.clone(),
            "diversity": _losses.diversity(real, made),
        }

    def samples(self, count: int, y: Tensor | None, generator: torch.Generator) -> Tensor:
        """Return generated rows."""
        device = self._rivals.turns.device
        noise = torch.randn(count, self._rivals.latent, generator=generator).to(device)
        return self._make(noise, None if y is None else y.to(device))

    def from_codes(self, codes: Tensor) -> Tensor:
        """Return the rows made of given noise."""
        return self._make(codes, None)

    @property
    def notes_(self) -> list[str]:
        """Say whether the contest went wrong, and what to do then."""
        codec, found = self.task_.codec, self._rivals.found.tolist()
        names = [str(name) for name in codec.classes] if isinstance(codec, Labels) else []
        shares = dict(zip(names, found, strict=True))
        near = float(self._rivals.covered)
        meant = 0 if self.patience else self.epochs
        return _notes.notes(self.history_, shares, near, critic=self._critic, epochs=meant)

    @property
    def _critic(self) -> bool:
        """Whether the discriminator's scores are no logits."""
        return False

    @property
    def _rivals(self) -> Rivals:
        assert isinstance(self.network_, Rivals)
        return self.network_

    @property
    def _task(self) -> WithoutTarget:
        assert isinstance(self.task_, WithoutTarget)
        return self.task_

    def _make(self, noise: Tensor, y: Tensor | None) -> Tensor:
        """Return the rows made of noise, for classes if the networks are told any."""
        raw = self._rivals.generator(noise, self.condition(y, len(noise)))
        return self.rows(self.made(raw))

    def _film_it(self) -> None:
        """Add a frame to the film, if one is due."""
        net = self._rivals
        if net.film is None or not net.film.due(self._share * self.epochs):
            return
        net.generator.eval()
        net.film.shoot(self._make)
        net.generator.train()

    def _look_at_samples(self, data: Examples) -> None:
        """Note how much of the training data samples cover, and how often each class is found."""
        net, width = self._rivals, self._task.width
        chance = torch.Generator().manual_seed(self.seed)
        count = max(50, min(JUDGED, MOST // width))
        batch = data.batch(torch.randperm(len(data), generator=chance)[:count])
        with torch.no_grad():
            made = self.samples(count, None, chance).float().cpu()
        rows = self._task.rows(batch.x).cpu()
        near, found = _look.look(rows, made, batch.y, len(net.found))
        net.covered.fill_(near)
        net.found.copy_(found)
