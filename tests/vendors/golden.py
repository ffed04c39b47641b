"""Write the families' golden files anew: ``make golden``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from portal.vendors import FAMILIES, samples
from portal.vendors.context import ConfigContext
from portal.vendors.render import Renderer
from portal.vendors.schema import Family, FileSpec, Model

GOLDEN = Path(__file__).parent / "golden"

# Settings that templates need not read: they shape other words of the context. A firmware version
# becomes firmware.url in provision/context.py; few families are told the version beside it.
ELSEWHERE = {"provisioning.encryption", "firmware.version"}


def widest(family: Family, spec: FileSpec | None = None) -> Model:
    """The model with most ports, at most 16, so that golden files stay readable.

    With `spec`: among the models that ask for that file.
    """
    models = [m for m in family.models.values() if spec is None or spec.is_for(m.name)]
    readable = [model for model in models if model.ports <= 16] or models
    return max(readable, key=lambda model: (model.ports, model.line_keys))


def cases(family: Family, model: Model) -> dict[str, ConfigContext]:
    return {
        "bare": samples.bare(model),
        "one": samples.one(model),
        "full": samples.full(family, model),
    }


def files(family: Family) -> Iterator[tuple[Path, FileSpec, ConfigContext]]:
    """Every golden file of a family: where it lies, and what makes it."""
    for spec in family.files:
        model = widest(family, spec)
        for case, context in cases(family, model).items():
            if spec.kind == "device" or (spec.kind == "common" and case == "bare"):
                name = spec.name_for(context.mac, model.name)
                name = name.replace("{digits}", "0").replace("{any}", "any").replace("/", "_")
                yield GOLDEN / family.key / case / name, spec, context


def books(family: Family) -> Iterator[tuple[Path, FileSpec, ConfigContext]]:
    """Every golden phone book: of the same few contacts."""
    for spec in family.files:
        if spec.kind == "phonebook":
            model = widest(family, spec)
            name = spec.name_for(samples.MAC, model.name).replace("{digits}", "0")
            yield (
                GOLDEN / family.key / "phonebook" / name,
                spec,
                samples.book(model, *samples.CONTACTS),
            )


def write(family: Family) -> None:
    shutil.rmtree(GOLDEN / family.key, ignore_errors=True)
    for path, spec, context in [*files(family), *books(family)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Renderer().render(family, spec, context))


if __name__ == "__main__":
    for key in sys.argv[1:] or FAMILIES:
        write(FAMILIES[key])
