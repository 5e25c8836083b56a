"""Why an answer is wrong, where nobody has written the mistake down: the smallest change that gives its numbers.

evidence   a run's results, each by itself: what came back at every call, and what is right
tape       a computation, recorded once for all calls
edits      the ways in which one place of a backward pass goes wrong, and their words
candidates what may stand at each place of the backward pass
graph      looks for the one edit of the backward pass that gives the learner's numbers
results    what may have become of a result as a whole
slips      small changes of a right answer's text, woven into one program
programs   the programs of an exercise
kinds      the words for slips
forms      looks for the one slip that gives the learner's numbers
leading    what is known where no cause was found
telling    what was found, in a sentence and a question
"""
