"""The target graph of the package, as the scripts beside this file use it."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read_dump():
    """What 'swift package dump-package' says of the whole package, also where PARLEY_ONLY asks for a part of it."""
    environment = {name: value for name, value in os.environ.items() if name != "PARLEY_ONLY"}
    done = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(done.stdout)


def read_graph(dump):
    """Dependencies by target name: the package's own targets, and products of other packages."""
    graph = {}
    for target in dump["targets"]:
        own, products = set(), set()
        for dependency in target["dependencies"]:
            for kind, value in dependency.items():
                (products if kind == "product" else own).add(value[0])
        graph[target["name"]] = (own, products)
    return graph


def folder(target):
    """A target's folder, relative to the package's."""
    return target.get("path") or ("Tests/" if target["type"] == "test" else "Sources/") + target["name"]


def test_names(dump):
    """The names of the test targets, in the package's order."""
    return [target["name"] for target in dump["targets"] if target["type"] == "test"]
