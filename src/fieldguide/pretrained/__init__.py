"""Adapters for published weights: read by path, verified whole, renamed, never run."""

from fieldguide.pretrained.torchvision import Loaded as Loaded
from fieldguide.pretrained.torchvision import load_torchvision as load_torchvision
