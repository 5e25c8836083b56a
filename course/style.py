"""The colours of the lessons' plots by name; `plt.style.use("course.style")` turns on style.mplstyle, beside this file.

GREEN and RED are those of the computational graph: values and their gradients, or what is right or cheap beside what
is wrong or dear. GREY is for what stands beside them. They are the first three of the style's cycle, so a line that
names no colour gets one of them too, in this order.
"""

GREEN, RED, GREY = "#00735C", "#B3261E", "#5F6368"
