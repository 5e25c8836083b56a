"""What a learner runs: check, grade, hint and predict in a notebook; lab, progress and submit on the command line."""
