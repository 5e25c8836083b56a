"""A function and its gradient written out as a straight numpy program, and run.

recording   stand-ins for arrays: each numpy call that meets one is written down, and no value leaks out of them
outside     what a function reads from outside: seen, and looked at again before each run
writing     from the calls that were written down to Python source
steps       both passes over a graph, with a line of its own for each step
running     `program` itself: a form of the arguments for each recording, and what is run
"""
