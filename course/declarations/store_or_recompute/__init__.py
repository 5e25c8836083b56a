"""Assignment 07: what a gradient costs in calls and in memory, and the ways between storing and recomputing.

f(f(f(w))), stored or recomputed, is from Goodfellow, Bengio and Courville (2016, Deep Learning, section 6.5); a
checkpoint every √n stages from T. Chen, Xu, Zhang and Guestrin (2016, "Training deep nets with sublinear memory
cost", section 4).

What an answer costs is read off a log of calls, kept on this side (class Log). It can't be told what an answer keeps
in its own lists; what is counted is what it *had* to keep, to do what it did.
"""

from course.declarations.store_or_recompute.checkpoints import CHECKPOINTED_GRAD
from course.declarations.store_or_recompute.costs import RECOMPUTED_COST, STORED_COST
from course.declarations.store_or_recompute.memory import PEAK_MEMORY
from course.declarations.store_or_recompute.spacing import BEST_EVERY

EXERCISES = (STORED_COST, RECOMPUTED_COST, CHECKPOINTED_GRAD, BEST_EVERY, PEAK_MEMORY)
