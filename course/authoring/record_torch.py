"""Write down what PyTorch answers to the questions of assignment 05, for graders that have no PyTorch.

    python course/authoring/record_torch.py

Needs PyTorch. Writes course/data/torch_values.json: the version, and each question
(course/declarations/torch_runs.py) with its arguments and its answer, in float64.
"""

import json

from course.declarations import torch_runs

if __name__ == "__main__":
    import torch

    found = torch_runs.record(torch)
    lines = ",\n  ".join(json.dumps(answer) for answer in found["answers"])
    torch_runs.VALUES.write_text(f'{{\n "torch": "{found["torch"]}",\n "answers": [\n  {lines}\n ]\n}}\n',
                                 encoding="utf-8")
    print(f"{len(found['answers'])} answers of PyTorch {found['torch']} written to {torch_runs.VALUES.name}")
