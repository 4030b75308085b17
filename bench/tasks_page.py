"""docs/tasks.md from what the tasks and presets say of themselves: `python -m bench.tasks_page` writes it."""

from pathlib import Path

import engine
from engine.presets import PRESETS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tasks.md"
HEAD = """# Tasks

What there is to learn. Every task states its source, the variant that is built, and the loss of chance: of the best
answer that knows how the targets are distributed but has not seen the inputs (for `copy_memory` it also knows the
step). Generated tasks take `length` = T, all steps of a sequence; their batches are a function of (seed, step). A data
set no larger than `batch_size` is used whole and in order; of a larger one each batch takes different samples.
Sequences of different length are padded after their end and masked; `last` is each sequence's own last step.

This page is written by `python -m bench.tasks_page` from the code; what the presets reach is measured in
[presets.md](presets.md), and published results stand beside ours in [papers.md](papers.md).

| task | loss | T, m, K by default | chance | presets |
| --- | --- | --- | ---: | --- |
"""
PATTERNS = """
## Where inputs and targets stand

| pattern | a task that has it |
| --- | --- |
| one to many | `delayed_recall` with `shown: first`; `inline` with zeros after step 1 and `target_steps: all` |
| many to one | `adding`, `as_soon_as`, `bit_sum`, `temporal_order`, `mnist1d`, `csv` |
| many to many, aligned | `binary_addition`, `reber`, `char_text`, `delayed_recall` with `delay: 0`, `csv` with \
`targets: all` |
| many to many, delayed | `delayed_recall` with `delay` > 0; `copy_memory`, whose answers follow the whole input |
"""


def page() -> str:
    """Return the whole page."""
    tasks, presets = engine.tasks(), "\n## Presets\n\n"
    presets += "".join(f"- **{name}**: {preset.title}. {preset.sentence}\n" for name, preset in PRESETS.items())
    return HEAD + "".join(map(_line, tasks)) + PATTERNS + presets + "".join(map(_section, tasks))


def _line(task: dict[str, object]) -> str:
    made, name = engine.TASKS[str(task["name"])](), task["name"]
    used = ", ".join(key for key, preset in PRESETS.items() if preset.spec["task"]["name"] == name)
    sizes = f"{made.seq_len}, {made.input_size}, {made.output_size}"
    return f"| `{name}` | {made.loss} | {sizes} | {made.baseline_loss:.4f} | {used or 'none'} |\n"


def _section(task: dict[str, object]) -> str:
    return f"\n## {task['name']}\n\n{task['label']}. {task['help']}\n\nSource: {task['source']}.\n\n{task['variant']}\n"


if __name__ == "__main__":
    PAGE.write_text(page())
