"""Network blocks that two or more algorithms share."""

from fieldguide.nn.entry import Entry as Entry
