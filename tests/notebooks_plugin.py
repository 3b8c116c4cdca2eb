"""How pytest runs the course's notebooks: nbval, stricter where nbval lets something through.

nbval runs each code cell of a notebook and compares its outputs with the stored ones. A lesson stores none,
so its cells must only run. A solution stores them all, and a cell of it never run would pass unseen.
pyproject.toml loads this module with `-p notebooks_plugin`, so that it holds for every folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

NEVER_RUN = "This cell of a solution was never run; build it again: tinygrad-course author build"


class Notebook(IPyNbFile):
    """A notebook under test, with a learner's folder of its own."""

    def collect(self) -> Iterator[IPyNbCell]:
        for item in super().collect():
            if self.path.parent.name == "solutions" and item.cell.execution_count is None:
                item.runtest = partial(item.raise_cell_error, NEVER_RUN)
            yield item

    def setup(self) -> None:
        # Imported here, so that a course that cannot be imported fails its notebooks and not all of pytest.
        from tinygrad_course.course.author import kernel_environment

        self.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in kernel_environment(Path(self.scratch.name)).items():
                patch.setenv(name, value)
            super().setup()
        # nbval runs cells without history; IPython then shows the value of a line that ends in a semicolon.
        execute = self.kernel.kc.execute
        self.kernel.kc.execute = lambda source, **options: execute(source, **{**options, "store_history": True})

    def teardown(self) -> None:
        super().teardown()
        self.scratch.cleanup()


def pytest_configure(config: pytest.Config) -> None:
    config.option.nbval_sanitize_with = str(Path(__file__).with_name("nbval_sanitize.cfg"))


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, Any, Any]:
    collectors = yield
    return [Notebook.from_parent(parent, path=file_path) if type(found) is IPyNbFile else found for found in collectors]
