from __future__ import annotations

import subprocess
import sys


def test_estimators_work_without_the_extra() -> None:
    code = (
        "import sys, fieldguide.estimator, fieldguide.export; "
        "sys.exit(any(name in sys.modules for name in ('onnx', 'onnxscript', 'onnxruntime')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
