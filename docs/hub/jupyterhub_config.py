"""JupyterHub for a class that takes this course; docs/hub.md says how it belongs to the rest."""

c = get_config()  # noqa: F821

# Who may come in, and as whom, is the affair of your authenticator. A login name is an id of class.csv.
# c.JupyterHub.authenticator_class = …

# The Python in which the course is installed (its wheel, with what it needs, and jupyterhub of the hub's version).
c.Spawner.cmd = ["/opt/backprop/bin/python", "-m", "course.learning.hub"]
c.Spawner.default_url = "/lab/tree/backprop/lessons/00_start_here.ipynb"

# Where learners' nbgrader_config.py is; /etc/jupyter would be found without this.
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": "/srv/backprop/learners"}
