"""nbgrader's configuration for this course; in force here, and in `python course nbgrader` anywhere."""
import os
import tempfile
from pathlib import Path

c = get_config()  # noqa: F821

ROOT = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "backprop"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.Exchange.root = str(ROOT / "exchange")

# what learners find in the place of a solution (course/authoring/sourcetext.py measures stubs by the same two lines)
c.ClearSolutions.code_stub = {"python": "# write your code here\nraise NotImplementedError"}

# feedback: a picture where a live graph would be blank, and no script of a submission's
c.HTMLExporter.preprocessors = ["course.drawing.still.ShowPictures"]
c.HTMLExporter.sanitize_html = True
c.GenerateFeedback.exporter_class = "course.teaching.page.FeedbackPage"
c.FeedbackPage.preprocessors = ["course.teaching.page.Pictures"]

# zip_collect: the names that Canvas and Moodle give to what they let you download
c.ZipCollectApp.extractor_plugin = "course.teaching.collecting.Extractor"
c.ZipCollectApp.collector_plugin = "course.teaching.collecting.Collector"

# what being late costs: c.LatePolicy.percent = {1: 10, 2: 20} takes 10 % in the first day, 20 % from the second on
c.AssignLatePenalties.plugin_class = "course.grading.lateness.LatePolicy"

# `nbgrader autograde` and Formgrader grade as `backprop autograde` does: in a sandbox (Linux with bubblewrap), with
# tests and answers in different processes. Without the last line nbgrader itself runs submissions, unprotected.
from course.grading import use_judge  # noqa: E402

use_judge(c)
c.Execute.timeout = 120    # seconds a cell may take where nbgrader itself runs it: the training of 08 is given 60

# nbgrader's own kernels (`validate`, and grading without the judge) are spoken to by sockets in the file system. A TCP
# port is chosen before the kernel takes it: where another kernel's got it in between, nbgrader waits without end.
sockets = f"{tempfile.gettempdir()}/nbgrader-{os.getpid()}"     # -1 to -5, gone with the kernel
if os.name != "nt" and len(sockets) < 100:                      # as long as the system lets a socket's name be
    c.KernelManager.transport = "ipc"
    c.KernelManager.ip = sockets
