"""A network and its codecs as one ONNX file, proven equal before it is put in place."""

from fieldguide.export.feed import feed as feed
from fieldguide.export.onnx_file import described as described
from fieldguide.export.onnx_file import to_onnx as to_onnx
