"""The app's scripts for the browser in Node.js, which comes with Playwright."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import playwright

from tests.helpers.app import ROOT

NODE = Path(playwright.__file__).parent / "driver" / "node"
# Streamlit's client loads the scripts as modules; Node.js is to take them for that too.
SILENT = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"


def call(script: str, function: str, *calls: Sequence[Any]) -> list[Any]:
    """What a function of a script (a path from the root) returns to each list of arguments.

    Both ways they are JSON; {"base64": ...} arrives as a Uint8Array.
    """
    program = f"""
    import {{ {function} }} from {json.dumps(str(ROOT / script))};
    import {{ readFileSync }} from "node:fs";
    const bytes = (_, value) => value?.base64 ? new Uint8Array(Buffer.from(value.base64, "base64"))
      : value;
    const plain = (_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
    const calls = JSON.parse(readFileSync(0, "utf8"), bytes);
    console.log(JSON.stringify(calls.map((given) => {function}(...given)), plain));
    """
    done = run("--input-type=module", "-e", program, given=json.dumps(calls))
    found: list[Any] = json.loads(done)
    return found


def run(*arguments: str, given: str = "") -> str:
    """What Node.js prints; fails with its errors."""
    done = subprocess.run(
        [NODE, SILENT, *arguments], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
