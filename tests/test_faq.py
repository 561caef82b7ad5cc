"""The links of the answers: each opens a page of the app with all that it says."""

import math
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from mnist_core.config.fields import FIELDS
from mnist_core.config.share import EXPLORE, from_query, plan_from_query, sweep_from_query
from mnist_core.insight.before import luck
from pages.ui.address import VIEW
from pages.ui.data import views
from pages.ui.inside import choose
from pages.ui.learn.choose import CHAPTER, CHAPTERS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/faq.md").read_text("utf-8")
LINK = re.compile(r"\]\((http://localhost:8501/[^)]*)\)")
LINKS = LINK.findall(TEXT)
KNOWN_VIEWS = {"data": views.VIEWS, "inside": choose.VIEWS}


def test_ten_questions_or_more_are_answered_with_a_link() -> None:
    answers = [block for block in TEXT.split("\n\n") if block.startswith("**")]
    assert len(answers) >= 10
    assert [answer for answer in answers if not LINK.search(answer)] == []


def test_its_numbers_are_computed() -> None:
    assert f"ln 10, {math.log(10):.2f}" in TEXT
    assert "two equally good networks may differ by half a point" in " ".join(TEXT.split())
    assert luck(0.965, 0.965, 12_000) == pytest.approx(0.005, abs=0.0005)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_is_one_that_the_app_takes(link: str) -> None:
    address = urlsplit(link)
    name, query = address.path.strip("/"), dict(parse_qsl(address.query))
    assert (ROOT / f"pages/{name or 'train'}.py").is_file()
    assert query.pop(CHAPTER, "pixels") in CHAPTERS
    view = query.pop(VIEW, None)
    assert view is None or view in KNOWN_VIEWS[name]
    if name == "devices":
        plan, notes = plan_from_query(query)
        assert plan.keys() == query.keys()
        assert notes == []
        return
    assert {key for key in query if key not in FIELDS and not key.startswith(EXPLORE)} == set()
    if name == "sweep":
        _, notes = sweep_from_query(query, "sweep")
    else:
        _, notes = from_query(query)
    assert notes == []
