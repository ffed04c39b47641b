from __future__ import annotations

import pytest

from portal.paging import Pages, page_number


def test_pages_know_which_rows_they_show() -> None:
    pages = Pages(3, 50, 120)
    assert (pages.first_row, pages.last_row, pages.last) == (101, 120, 3)


def test_empty_list_has_one_page() -> None:
    pages = Pages(1, 50, 0)
    assert (pages.first_row, pages.last_row, pages.last, pages.links) == (0, 0, 1, [1])


@pytest.mark.parametrize(
    ("number", "links"),
    [
        (1, [1, 2, None, 40]),
        (4, [1, 2, 3, 4, 5, None, 40]),
        (20, [1, None, 19, 20, 21, None, 40]),
        (40, [1, None, 39, 40]),
    ],
)
def test_links_leave_out_what_is_far(number: int, links: list[int | None]) -> None:
    assert Pages(number, 10, 400).links == links


@pytest.mark.parametrize(
    ("text", "number"), [(None, 1), ("", 1), ("7", 7), ("0", 1), ("-3", 1), ("x", 1), ("²", 1)]
)
def test_odd_page_number_is_the_first(text: str | None, number: int) -> None:
    assert page_number(text) == number
