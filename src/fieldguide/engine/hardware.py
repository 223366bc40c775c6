"""What the machine at hand can do: devices, bfloat16, memory layout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import nn

from fieldguide.errors import UsageError

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def resolve_device(name: str) -> str:
    """Return the device to use.

    Raises:
        UsageError: The device is unknown or not there.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.ones(1, device=device).tolist()  # "meta" can make a tensor, and not read it
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"device='{name}' cannot be used here. Use 'auto' or 'cpu'"
            f"{', or cuda' if torch.cuda.is_available() else ''}."
        ) from error
    return str(device)


@cache
def has_fast_bf16() -> bool:
    """Whether this processor multiplies bfloat16 faster than float32.

    Tiles (AMX) do, and so does AVX512-BF16 on AMD (2.5 times on Zen 4). On Intel processors whose
    tiles are switched off, AVX512-BF16 runs at half the pace of float32
    (benchmarks/speed/precision.py), so the flag alone is no reason.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return "amx_bf16" in flags or ("avx512_bf16" in flags and "AuthenticAMD" in flags)


def resolve_bf16(precision: str, device: str, network: nn.Module) -> bool:
    """Return whether to multiply in bfloat16.

    Raises:
        UsageError: Unknown precision.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise UsageError(f"precision='{precision}'. Use 'auto', 'fp32' or 'bf16'.")
    if precision != "auto":
        return precision == "bf16"
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported()
    return has_fast_bf16() and pays_in_bf16(network)


def pays_in_bf16(network: nn.Module) -> bool:
    """Whether products dominate so much that casting costs less than it saves.

    They do where most weights sit in wide layers; small perceptrons and LeNet lose to the casts.
    """
    wide = [
        module
        for module in network.modules()
        if (isinstance(module, CONVOLUTIONS) and min(module.in_channels, module.out_channels) >= 32)
        or (isinstance(module, nn.Linear) and min(module.in_features, module.out_features) >= 256)
    ]
    heavy = sum(module.weight.numel() for module in wide)
    return heavy > 0 and heavy * 2 >= sum(weight.numel() for weight in network.parameters())


def choose_layout(network: nn.Module) -> nn.Module:
    """Store convolution weights channels-last, which is what CPU and GPU kernels work in."""
    if any(isinstance(module, CONVOLUTIONS) for module in network.modules()):
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
