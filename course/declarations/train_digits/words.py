"""What is said of the mistakes that tests find."""

from course.checks.comparing import said
from course.words import sentences, tr

WORDS = {
    # init_params
    "N22": ("all alike", "Hidden units that start with equal weights get equal gradients, and stay alike for ever.",
            "What could make one hidden unit learn something else than its neighbour?"),
    "N23": ("biases not 0", "The biases should start at 0; it is the weights that must differ.",
            "Which parameters break the symmetry between the hidden units?"),
    "N24": ("one scale for all sizes", "Your weights have the same spread whether a unit has few inputs or many.",
            "By how much does a sum of D random terms grow when D grows fourfold?"),
    "N25": ("divided by D, not by its root", "Your weights shrink with the number of inputs itself; the spread of a "
            "sum grows only with its root.", "What is the standard deviation of the sum of D random numbers?"),
    "N26": ("the 2 is missing", "Your weights are smaller than asked by the root of 2: relu shuts half of the units "
            "off, and the 2 makes up for it.", "Which share of random numbers does relu let through?"),
    "N27": ("not around 0", "Your weights do not lie around 0.", "Which sign should a weight have at the start?"),
    "N28": ("scaled by the outputs", "You scaled by the number of a layer's outputs; what is summed up in a unit are "
            "its inputs.", "How many terms does the sum in one hidden unit have?"),
    "N29": ("a generator of its own", "Another generator gave the same numbers: yours are not drawn from `rng`.",
            "What would two networks with different seeds have in common?"),
    "T04": ("hidden state", "Called again with a generator of the same seed, your function gave other numbers: "
            "something comes in that is not among its arguments.", "From which generator are all your random "
            "numbers drawn?"),
    # loss_and_grads
    "E08": ("gradients add up from call to call", "Asked the same again, your function gave another answer: something "
            "is left over from the call before.", "Where do your gradients live between two calls?"),
    # train
    "T43": ("nothing was trained", "The parameters came back as they were given.",
            "Which line makes a step, and is it ever reached?"),
    "T44": ("blown up", "The parameters grew without bound, or became nan: your steps are far too long, or "
            "lead uphill.", "What happens to the loss in the first few steps?"),
    "T03": ("uphill", "You walked along the gradient: every step made the loss larger.",
            "In which direction does the loss fall?"),
    "T45": ("the first images only", "The network knows the first images that it was given, and not the others: it was "
            "trained on the same few again and again.", "Which images does the second step see, and the tenth?"),
    "T46": ("labels of other images", "The network was trained, and yet it is no better than guessing, even on the "
            "very images it was trained on.", "When you shuffle the images, what must happen to their labels?"),
    "T47": ("a layer stands still", "Some of the parameters were never moved.",
            "For which names in `params` do you make a step?"),
    "T48": ("hardly moved", "The parameters hardly moved: few steps, or very small ones.",
            "How far does one step go, and how many do you make?"),
    "T49": ("stopped too early", "The network has begun to learn, and reads too few digits that it has not seen.",
            "Does the loss still fall at the end of your training?"),
}


def found(code, more=""):
    """The Problem of a code, with what was measured."""
    title, says, question = WORDS[code]
    return said(sentences(tr(says), more), question, code, title, seen=more)


def worded(code):
    """The wording of a code."""
    title, says, question = WORDS[code]
    return {"code": code, "title": title, "says": says, "ask": question}
