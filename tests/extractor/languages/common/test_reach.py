"""Which calls a program makes when it is started, and which only once somebody asks it for something."""

from __future__ import annotations

import pytest

from extractor.languages.common.reach import may_begin, used_only_later
from extractor.languages.ecmascript.parse import parse_typescript
from extractor.languages.python.parse import parse_python


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        ("grind()", True),
        ("def main():\n    grind()\nmain()", True),
        ("def main():\n    grind()\ndef start():\n    main()\nThread(target=start)", True),
        ("def main():\n    grind()", False),
        ("def turn():\n    grind()\nadd_route('/turn', turn)", False),
        ("def one():\n    two()\ndef two():\n    one()\n    grind()", False),
        ("@app.before_serving\ndef first():\n    grind()", True),
        ("@app.get('/turn')\ndef turn():\n    grind()", False),
        ("on_click(lambda: grind())", True),
    ],
)
def test_python(code: str, begins: bool) -> None:
    facts = parse_python(code)
    (call,) = [call for call in facts.calls if call.name == "grind"]
    assert may_begin(call, [facts]) is begins


def test_a_function_that_another_file_calls_is_reached() -> None:
    main, mill = parse_python("from mill import turn\nturn()"), parse_python("def turn():\n    grind()")
    (call,) = [call for call in mill.calls if call.name == "grind"]
    assert may_begin(call, [main, mill])
    assert not may_begin(call, [mill])


def test_a_route_above_does_not_hold_what_follows_it() -> None:
    facts = parse_typescript("app.get('/a', () => one());\nready(() => two());")
    calls = {call.name: call for call in facts.calls}
    assert not may_begin(calls["one"], [facts])
    assert may_begin(calls["two"], [facts])


def test_what_is_made_at_the_start_is_not_used_by_that() -> None:
    later = parse_python("mill = Mill()\n@app.get('/x')\ndef x():\n    mill.turn()")
    assert used_only_later(later.calls[:1], [later])
    at_once = parse_python("mill = Mill()\nmill.turn()")
    assert not used_only_later(at_once.calls[:1], [at_once])
