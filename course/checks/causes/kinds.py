"""The words for slips in an answer's text: for each kind a clause, a question, and how near it is to the right answer.

A clause goes on from "dx is what comes out when …". It says what kind of thing went wrong, never the right expression.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """clause takes a slip's details by {0}, {1}; rank 0 is the simplest."""

    clause: str
    ask: str
    rank: float


SHAPES = "Write the shape of each factor beside it: which axes should meet?"
BY_HAND = "What comes out by hand for the numbers shown above, step by step?"

KINDS = {
    "sign": Kind("one sign is turned", "Which of your signs can you test by nudging an input?", 0.5),
    "upstream dropped": Kind("the upstream gradient is missing in one place",
                             "What should come out if the upstream gradient were 0?", 0.5),
    "transpose": Kind("one transpose is missing, or is one too many", SHAPES, 0.5),
    "axis": Kind("one step works along another axis", "Which axis should be left over in the end?", 0.5),
    "keepdims": Kind("an axis is lost in a sum, and broadcasting puts it back in another place", SHAPES, 0.5),
    "kept the last only": Kind("only the last contribution is kept, and those before it are overwritten",
                               "What becomes of what the name held before?", 0.5),
    "added where it is set": Kind("something is added where it should be set", "What stood there before?", 2),
    "early return": Kind("the answer is returned within the loop, in its first round", "When is your loop done?", 0.5),
    "once only": Kind("the loop runs only once", "When is your loop done?", 0.9),
    "early stop": Kind("the loop stops where it should only skip", "When is your loop done?", 0.7),
    "whole numbers": Kind("numbers are cut to whole ones on the way", "Which operation of yours makes integers?", 0.6),
    "operands exchanged": Kind("the two sides of a {0} are exchanged", "Is a {0} b the same as b {0} a?", 0.7),
    "order": Kind("two results are exchanged", "In which order does the stub name them?", 0.6),
    "one for another": Kind("one result stands in the place of another", "What tells the two results apart?", 0.8),
    "exchanged": Kind("two values that stand side by side are exchanged", "What does each of your names hold?", 1),
    "one value for another": Kind("one value stands in the place of the one beside it",
                                  "What does each of your names hold?", 1.2),
    "arguments exchanged": Kind("two arguments of a call are exchanged", "What does that function expect first?", 1),
    "another function": Kind("{0} stands where {1} belongs", BY_HAND, 0.8),
    "a call left out": Kind("{0} is left out in one place", BY_HAND, 0.8),
    "left out": Kind("a factor is left out in one place", "Is every part of the formula there?", 0.8),
    "a term left out": Kind("a term is left out in one place", "Is every part of the formula there?", 0.8),
    "one twice": Kind("a factor is there once too often", "How often does each factor belong there?", 1),
    "operator": Kind("{0} stands in the place of {1}", "Which of your steps add, which multiply, and why?", 1),
    "brackets": Kind("brackets are missing, so that an operation takes hold of too little",
                     "Which operation does Python do first?", 0.5),
    "off by one": Kind("an index or a range is one off", "Which is the first one that counts, and which the last?",
                       0.9),
    "a slice left out": Kind("more of an array is taken than the part that belongs there",
                             "Which part of it is needed?", 1),
    "n − 1": Kind("the variance divides by one less than the number of elements", "Which mean did the forward pass "
                                                                                  "take?",
                  0.6),
    "a small number in a logarithm": Kind("a small number is added inside the logarithm",
                                          "By how much does that move the result when the probability is small?", 0.6),
    "comparison": Kind("a comparison goes the other way, or treats the case of equality otherwise",
                       "What should happen when both sides are equal?", 1),
    "condition": Kind("a condition holds where it should not, or the other way round",
                      "For which inputs should that branch be taken?", 1.2),
    "always": Kind("one case is treated like all others", "For which inputs should that branch be taken?", 1.2),
    "a case left out": Kind("one case is left out", "Which inputs need a branch of their own?", 1.2),
    "a flag": Kind("True stands for False in one place, or the other way round", BY_HAND, 1.2),
    "a step left out": Kind("one step is left out", "Is every step of the calculation there?", 1.3),
    "an argument left out": Kind("one argument of a call is left out", "What does that function do without it?", 1),
    "another name": Kind("{0} stands where {1} belongs", "What does each of your names hold?", 1.5),
    "a number": Kind("one number is another", "Where does each number in your code come from?", 1.5),
}
# "another name" where one of the two, or both, are names of our own, which the learner never wrote: (the first is
# known, the second is) to a clause
UNNAMED = {(False, True): "another value stands where {1} belongs",
           (True, False): "{0} stands in the place of another value",
           (False, False): "one value stands in the place of another"}
