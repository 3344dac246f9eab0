"""The list of files that the phone keeps is found in the files themselves."""

from __future__ import annotations

import pytest

from gridmap.field.rules.assets import imports_of, reachable

FILES = {
    "js/a.js": 'import { x } from "./b.js";\nimport "../vendor/c.mjs";\nconst later = () => import("./deep/d.js");\n',
    "js/b.js": 'export { y } from "./a.js";\n// import "./gone.js"\n',
    "js/deep/d.js": 'import { z } from "../b.js";\nnew Worker(new URL("./e.mjs", import.meta.url));',
    "js/deep/e.mjs": "",
    "vendor/c.mjs": "",
}


def test_every_way_of_loading_is_seen() -> None:
    assert imports_of(FILES["js/a.js"]) == ["./b.js", "../vendor/c.mjs", "./deep/d.js"]
    assert imports_of(FILES["js/deep/d.js"]) == ["../b.js", "./e.mjs"]
    assert imports_of('import x from "bare"; const text = "from ./no";') == []


def test_what_is_reached_is_listed_once_and_circles_end() -> None:
    assert sorted(reachable("js/a.js", FILES.__getitem__)) == sorted(FILES)


def test_a_branch_can_be_left_out() -> None:
    found = reachable("js/a.js", FILES.__getitem__, without=("js/deep/d.js",))
    assert sorted(found) == ["js/a.js", "js/b.js", "vendor/c.mjs"]


def test_a_missing_file_is_a_fault_and_not_left_out() -> None:
    with pytest.raises(KeyError):
        reachable("js/a.js", {**FILES, "js/b.js": 'import "./gone.js";'}.__getitem__)
