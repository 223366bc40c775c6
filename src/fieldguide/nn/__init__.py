"""Network blocks that two or more algorithms share."""

from fieldguide.nn.augment import Augment as Augment
from fieldguide.nn.entry import Entry as Entry
from fieldguide.nn.learnt import Learnt as Learnt
from fieldguide.nn.pooling import OptionalMaxPool2d as OptionalMaxPool2d
from fieldguide.nn.weighted_sum import WeightedSum as WeightedSum
