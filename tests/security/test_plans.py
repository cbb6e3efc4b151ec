"""What every address asks of MongoDB is found by an index, and on a sharded cluster by one that says where to look."""

from pathlib import Path

import pytest
from tests.http.places import PLACES
from tests.plans import assert_sound, watched
from tests.security.matrix import ASKERS, KNOWN, THEIRS, asked, routes
from tests.security.scene import scene_in

WHO = ("guest", "customer", "owner")


@pytest.mark.anyio
@pytest.mark.timeout(600)  # it asks hundreds of questions: how long that takes says nothing
@pytest.mark.slow
@pytest.mark.parametrize("kept_on", ["mongodb"], indirect=True)
async def test_no_address_and_no_job_walks_over_a_collection(tmp_path: Path, kept_on: None) -> None:
    """Asked by those who are answered, with the jobs that follow."""
    url = PLACES.settings(tmp_path, "")["store_url"]
    first = sorted(routes(), key=lambda route: f"{route.method} {route.address}" not in KNOWN)  # else they are there
    askers = [asker for asker in ASKERS if asker.name in WHO]
    async with scene_in(tmp_path) as scene, watched(url) as statements:
        answers = {
            (route.method, route.address, asker.name): (await asked(scene, route, asker, THEIRS)).status_code
            for route in first
            for asker in askers
        }
        done = await scene.shop.work_off()

    assert_sound(statements)
    assert done > len(WHO)
    assert len({each[:2] for each, status in answers.items() if status < 400}) > 2 / 3 * len(first)
    assert max(answers.values()) < 500
