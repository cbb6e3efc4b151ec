from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(params=("sqlite", "mongo"))
async def story(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Any]:
    """An empty shop, on each store, on a clock that stands still.

    Imported where it is asked for: the model's tests in this folder run where no driver is installed.
    """
    from tests.kept import kept_in
    from tests.stories import opened

    async with opened(tmp_path, **kept_in(request, request.param)) as told:
        yield told
