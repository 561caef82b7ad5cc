"""What is drawn is said as well: each chart of the pages has its content in words."""

import ast
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "pages"
CHARTS = [
    pytest.param(call, id=f"{path.relative_to(PAGES)}:{call.lineno}")
    for path in sorted(PAGES.rglob("*.py"))
    for call in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".plotly_chart")
]


@pytest.mark.parametrize("call", CHARTS)
def test_a_chart_has_a_text_alternative(call: ast.Call) -> None:
    assert "alt" in {given.arg for given in call.keywords}
