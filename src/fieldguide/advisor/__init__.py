"""The advisor: what the data are like, which algorithms fit them and why, and the proof."""

from fieldguide.advisor.profile import Profile as Profile
from fieldguide.advisor.profile import profile as profile
from fieldguide.advisor.recommend import recommend as recommend
from fieldguide.advisor.recommendation import Recommendation as Recommendation
from fieldguide.advisor.recommendation import Recommendations as Recommendations
