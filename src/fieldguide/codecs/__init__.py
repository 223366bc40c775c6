"""Reversible encodings, fitted on the training split only and frozen after that."""

from fieldguide.codecs.array import Array as Array
from fieldguide.codecs.boolean import Boolean as Boolean
from fieldguide.codecs.category import Category as Category
from fieldguide.codecs.codec import Codec as Codec
from fieldguide.codecs.codec import from_config as from_config
from fieldguide.codecs.datetime import DateTime as DateTime
from fieldguide.codecs.frames import Frames as Frames
from fieldguide.codecs.labels import Labels as Labels
from fieldguide.codecs.names import Names as Names
from fieldguide.codecs.nodes import Nodes as Nodes
from fieldguide.codecs.nothing import Nothing as Nothing
from fieldguide.codecs.number import Number as Number
from fieldguide.codecs.picture import Picture as Picture
from fieldguide.codecs.quantity import Quantity as Quantity
from fieldguide.codecs.steps import Steps as Steps
from fieldguide.codecs.target_picture import TargetPicture as TargetPicture
from fieldguide.codecs.words import Words as Words
