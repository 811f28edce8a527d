"""Where a sign-in may lead."""

import pytest

from arena.web.next_page import HOME, safe_next


@pytest.mark.parametrize("path", ["/today", "/battles/join/abc", "/habits/1?until=2026-01-01#calendar", "/battles?after=a%2Fb"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "today",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/\x00",
        "javascript:alert(1)",
        "/session/refresh?next=/session/refresh",
        "/" + "a" * 1000,
    ],
)
def test_whatever_could_lead_elsewhere_or_in_circles_leads_home(path: str | None) -> None:
    assert safe_next(path) == HOME
