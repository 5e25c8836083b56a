"""What pyproject.toml can't say: a wheel holds the exercises, which lie beside the packages here."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithExercises(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:
            shutil.copytree("exercises", Path(self.build_lib) / "course" / "exercises", dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns(".*", "__pycache__"))
            if Path("course.toml").is_file():       # what an instructor has chosen
                shutil.copy("course.toml", Path(self.build_lib) / "course")


setup(cmdclass={"build_py": WithExercises})
