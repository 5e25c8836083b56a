"""nbgrader for learners on a hub; the instructor's own stands in the course's folder, and names the same exchange."""

from pathlib import Path

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "backprop"
c.Exchange.root = "/srv/nbgrader/exchange"
c.Exchange.assignment_dir = str(Path.home() / "backprop" / "exercises")     # where the course looks for them
