"""An instructor's term around the judge, on nbgrader's own commands.

term         the course folder: configuration, gradebook, what is wrong with a request in a sentence
people       who a name, a number or an e-mail address belongs to
unpacking    zips of unknown origin, unpacked inside their folder
collecting   Canvas's and Moodle's downloads for `nbgrader zip_collect`
timing       when something that came in a zip was handed in
page         the page of feedback that `nbgrader generate_feedback` writes
returning    `backprop feedback`: one zip of pages for the LMS
tables       CSV files of others, read and written in their own form
exporting    `backprop export`: grades for Canvas, for Moodle, per exercise
figures      pictures of that page
results      what a class has got, read from the gradebook and the graded notebooks
extending    `backprop extend`: more time for a learner
forgetting   `backprop forget`: a learner and their work, off the disk
reporting    `backprop report`: a page for the instructor
bundling     `backprop bundle`: what learners get

`nbgrader_config.py` puts collecting and page into nbgrader's own commands, and so into Formgrader.
"""
