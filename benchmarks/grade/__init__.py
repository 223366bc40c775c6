"""How good the advice is: recorded races on many data sets, and the advice graded against them."""
