"""What goes in, what comes out, how it is encoded, judged and put back into the user's terms."""

from fieldguide.tasks.choose import all_without_target as all_without_target
from fieldguide.tasks.choose import choose as choose
from fieldguide.tasks.choose import from_config as from_config
from fieldguide.tasks.choose import known as known
from fieldguide.tasks.choose import names as names
from fieldguide.tasks.choose import wants_pairs as wants_pairs
from fieldguide.tasks.forms import forms_of as forms_of
from fieldguide.tasks.inputs import Inputs as Inputs
from fieldguide.tasks.task import Task as Task
