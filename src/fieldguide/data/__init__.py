"""What examples are, whatever file they came from: fields, data sets, splits, batches, ledger."""

from fieldguide.data.arrays import as_dataset as as_dataset
from fieldguide.data.bundle import Bundle as Bundle
from fieldguide.data.clip_examples import ClipExamples as ClipExamples
from fieldguide.data.clips import ClipColumn as ClipColumn
from fieldguide.data.column import Column as Column
from fieldguide.data.dataset import Dataset as Dataset
from fieldguide.data.examples import Batch as Batch
from fieldguide.data.examples import Batches as Batches
from fieldguide.data.examples import Examples as Examples
from fieldguide.data.examples import Inputs as Inputs
from fieldguide.data.field import KINDS as KINDS
from fieldguide.data.field import Field as Field
from fieldguide.data.field import Kind as Kind
from fieldguide.data.frames import is_frame as is_frame
from fieldguide.data.images import ImageFiles as ImageFiles
from fieldguide.data.ledger import Ledger as Ledger
from fieldguide.data.sequences import Sequences as Sequences
from fieldguide.data.series import SeriesColumn as SeriesColumn
from fieldguide.data.split import looks_like_classes as looks_like_classes
from fieldguide.data.trees import TreeColumn as TreeColumn
