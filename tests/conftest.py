"""What holds for every test; what holds for the notebooks under test is in notebooks_plugin.py."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A slow machine is no failure, and a run leaves no folder of found examples behind.
settings.register_profile("course", deadline=None, database=None)
settings.load_profile("course")


@pytest.fixture(autouse=True)
def no_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests find no learner's folder, even where the shell that runs them names one."""
    monkeypatch.delenv("TINYGRAD_COURSE_FOLDER", raising=False)
