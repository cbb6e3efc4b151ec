"""The contract of `shopcore.kernel.ids.Ids`."""

import itertools
import re
import threading

import pytest

from shopcore.kernel.ids import Ids

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class IdsContract:
    """Override `ids`."""

    @pytest.fixture
    def ids(self) -> Ids:
        pytest.fail("override this fixture with the port under test")

    def test_ids_are_uuids_of_version_7(self, ids: Ids) -> None:
        """As RFC 9562, 5.7 lays them out, in lower case."""
        assert all(_UUID7.fullmatch(ids.new()) for _ in range(1_000))

    def test_each_id_sorts_after_the_one_before(self, ids: Ids) -> None:
        """Strictly, also within one millisecond."""
        made = [ids.new() for _ in range(20_000)]

        assert all(earlier < later for earlier, later in itertools.pairwise(made))

    def test_threads_never_get_the_same_id(self, ids: Ids) -> None:
        """And each thread sees its own ids grow."""
        made: list[list[str]] = [[] for _ in range(4)]

        def take(own: list[str]) -> None:
            own.extend(ids.new() for _ in range(5_000))

        threads = [threading.Thread(target=take, args=(own,)) for own in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(itertools.chain(*made))) == 20_000
        assert all(own == sorted(own) for own in made)

    def test_secrets_are_long_and_safe_in_urls(self, ids: Ids) -> None:
        """128 bits need 22 characters of base64; no two are the same."""
        made = [ids.secret() for _ in range(1_000)]

        assert len(set(made)) == 1_000
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", secret) for secret in made)
