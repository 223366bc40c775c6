"""What the convolutional networks share: pictures in, changed anew for every training step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace

from torch import Tensor, nn

from fieldguide.codecs import Picture
from fieldguide.data import Batch, Examples
from fieldguide.engine import Stage
from fieldguide.errors import UsageError
from fieldguide.estimator import Estimator
from fieldguide.hyperparameter import option
from fieldguide.nn import Augment
from fieldguide.nn.augment import NAMES
from fieldguide.pretrained import load_torchvision
from fieldguide.tasks import Task

SMALL = 64  # pixels: a shorter side below this is pooled away by the published forms
VARIANTS = ("auto", "small", "published")


class HeadedNetwork(nn.Module):
    """A network of pictures that ends in ``head``, which can be exchanged for another.

    One without an `embed` of its own has ``features`` (convolutions), ``avgpool`` (brings their
    maps to a fixed grid) and ``classifier`` (dense layers).
    """

    embedding_width: int
    features: nn.Module
    avgpool: nn.Module
    classifier: nn.Module
    head: nn.Module

    def embed(self, x: Tensor) -> Tensor:
        """Return what ``head`` sees, ``(B, embedding_width)``, of images ``(B, C, H, W)``."""
        maps = self.avgpool(self.features(x))
        embedded: Tensor = self.classifier(maps.flatten(1))
        return embedded

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of ``head`` for images ``(B, C, H, W)``."""
        outputs: Tensor = self.head(self.embed(x))
        return outputs


class ConvolutionalNetwork(Estimator):
    """A network of pictures; those it learns from may be augmented.

    Its published weights, if there are any, are in torchvision's files.
    """

    augment: tuple[str, ...] = option((), "random changes to training pictures", choices=NAMES)
    variant: str = option(
        "auto", "layers as published or for small pictures; auto: below 64 pixels", choices=VARIANTS
    )
    pretrained: str = option("", "path of torchvision's weight file, or none", starts=True)

    @abstractmethod
    def network(self, channels: int, *, small: bool) -> HeadedNetwork:
        """Return a new network; its head will be replaced.

        Args:
            channels: Of a picture.
            small: Whether to build the form for small pictures, or the published one.
        """

    def build(self, task: Task) -> nn.Module:
        """Return a network with this task's head, on published weights if there is a path."""
        small = is_small(self.variant, task)
        network = self.network(task.inputs.shape[0], small=small)
        start_from(network, self.pretrained, task, small=small)
        network.head = task.head(network.embedding_width)
        return network

    def stages(self, data: Examples) -> Iterator[Stage]:
        """Yield one stage, on augmented pictures."""
        picture = picture_of(self.task_)
        self._augment = Augment(
            self.augment,
            classes=self.task_.codec.width,
            black=picture.black,
        )
        yield from super().stages(data)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn from a batch, after changing its pictures."""
        if self.augment:
            assert isinstance(batch.x, Tensor) and batch.y is not None
            x, y = self._augment(batch.x, batch.y)
            batch = replace(batch, x=x, y=y)
        # Statistics of one example alone are no estimate, and undefined on a map of one pixel.
        if self.network_.training != (len(batch) > 1):
            self.network_.train(len(batch) > 1)
        return super().step(batch)


def picture_of(task: Task) -> Picture:
    """Return the codec of the pictures that a task takes in."""
    codec = next(iter(task.inputs.codecs.values()))
    assert isinstance(codec, Picture)
    return codec


def is_small(variant: str, task: Task) -> bool:
    """Whether to build the form for small pictures: as asked or, for "auto", by their size."""
    return variant == "small" or (variant == "auto" and min(task.inputs.shape[1:]) < SMALL)


def start_from(network: nn.Module, path: str, task: Task, *, small: bool = False) -> None:
    """Load published weights into a network, if there is a path to some.

    Args:
        network: One whose first layer sees pictures standardised by the task's codec.
        path: A weight file of torchvision's, or "" for none.
        task: Knows how pictures are standardised.
        small: Whether the network has the form for small pictures, which has no published weights.

    Raises:
        UsageError: The network has the form for small pictures.
        DataError: The file does not fit; see `load_torchvision`.
    """
    if not path:
        return
    picture = picture_of(task)
    if small:
        raise UsageError(
            f"pretrained='{path}': published weights fit the published form only, and pictures of "
            f"{picture.height}x{picture.width_pixels} pixels get the small one. Add "
            "variant='published' (--variant published)."
        )
    if min(picture.means) < 0:  # standardised by the user, by rules that we cannot know
        load_torchvision(network, path)
        return
    white = 255.0 if max(picture.means) > 1 else 1.0
    means = [mean / white for mean in picture.means]
    deviations = [deviation / white for deviation in picture.deviations]
    load_torchvision(network, path, means=means, deviations=deviations)
