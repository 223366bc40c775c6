"""Buffers whose size is known only after fitting, such as stored examples or grown trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

Shape = tuple[int | None, ...]


class Learnt(nn.Module):
    """A module that starts with empty buffers and takes their sizes from what is stored.

    Args:
        buffers: By name, the type and the shape of each buffer; None for a size that fitting
            decides.

    Example:
        >>> kept = Learnt({"points": (torch.float32, (None, 2))})
        >>> kept.learn(points=torch.ones(5, 2))
        >>> again = Learnt({"points": (torch.float32, (None, 2))})
        >>> _ = again.load_state_dict(kept.state_dict())
        >>> again.points.shape
        torch.Size([5, 2])
    """

    def __init__(self, buffers: Mapping[str, tuple[torch.dtype, Shape]]):
        super().__init__()
        self._expected = dict(buffers)
        for name, (dtype, shape) in self._expected.items():
            self.register_buffer(name, torch.zeros([size or 0 for size in shape], dtype=dtype))

    def learn(self, **values: Tensor) -> None:
        """Store what was learnt, on the device that the module is on."""
        for name, value in values.items():
            dtype, shape = self._expected[name]
            assert value.dtype == dtype and _fits(value, shape), f"{name}: {tuple(value.shape)}"
            setattr(self, name, value.contiguous().to(self.get_buffer(name).device))
        self.prepare()

    def prepare(self) -> None:
        """Derive what `forward` needs besides the buffers; called whenever they change."""

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        for name, (dtype, shape) in self._expected.items():
            stored = state_dict.get(prefix + name)
            if stored is not None and stored.dtype == dtype and _fits(stored, shape):
                device = self.get_buffer(name).device
                setattr(self, name, torch.empty_like(stored, device=device))
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        if not error_msgs and not missing_keys:
            self.prepare()


def _fits(value: Tensor, shape: Shape) -> bool:
    return value.ndim == len(shape) and all(
        wanted is None or size == wanted for size, wanted in zip(value.shape, shape, strict=True)
    )
