"""The advisor: what the data are like, which algorithms fit them and why, and the proof."""

from fieldguide.advisor.profiling.profile import Profile as Profile
from fieldguide.advisor.profiling.profile import profile as profile
from fieldguide.advisor.recommending.recommend import recommend as recommend
from fieldguide.advisor.recommending.recommendation import Recommendation as Recommendation
from fieldguide.advisor.recommending.recommendation import Recommendations as Recommendations
