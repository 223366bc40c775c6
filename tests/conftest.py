"""What all tests share: one thread, so that results are the same on every machine."""

from __future__ import annotations

import signal

import torch

torch.set_num_threads(1)
# Whoever starts the tests in the background of a script hands them a Ctrl-C that is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
