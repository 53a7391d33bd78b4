"""What a page's modules have made is kept out of the search for garbage, once a page."""

import gc

from core.settings import Settings
from core.ui.start_up import _runs_of
from tests.ui.app import open_page


def test_a_page_settles_in_its_second_run(settings: Settings) -> None:
    _runs_of.cache_clear()
    gc.unfreeze()
    try:
        page = open_page()
        first = gc.get_freeze_count()
        page.run()
        second = gc.get_freeze_count()
        kept = [[i] for i in range(50_000)]
        page.run()

        assert first == 0
        assert second > 10_000
        assert gc.get_freeze_count() < second + len(kept)
    finally:
        gc.unfreeze()
