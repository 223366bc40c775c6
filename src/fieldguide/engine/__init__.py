"""The one training loop, and what it needs: devices, precision, checkpoints, progress."""

from fieldguide.engine.descent import Descent as Descent
from fieldguide.engine.inference import outputs as outputs
from fieldguide.engine.loop import run as run
from fieldguide.engine.run_folder import identity as identity
from fieldguide.engine.settings import Settings as Settings
from fieldguide.engine.settings import Stage as Stage
