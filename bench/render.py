"""Median time that one core needs to render one config file: ``make bench``."""

from __future__ import annotations

import statistics
import time

from portal.vendors import FAMILIES, samples
from portal.vendors.render import Renderer

# Family, model: a 16-account phone, a 48-port gateway, and a few others to compare with.
CASES = [
    ("yealink", "T46U"),
    ("grandstream", "HT818"),
    ("grandstream", "GXW4248"),
    ("snom", "D785"),
    ("polycom", "VVX_450"),
    ("cisco_spa", "SPA525G2"),
]
REPEATS = 400


def median_ms(family_key: str, model_name: str) -> tuple[float, int]:
    """Return the median milliseconds for the model's main file, every port taken, and its bytes."""
    family = FAMILIES[family_key]
    model = family.models[model_name]
    spec, _name = family.device_file(samples.MAC, model.name)
    context, renderer = samples.full(family, model), Renderer()
    size = len(renderer.render(family, spec, context))
    times = []
    for _ in range(REPEATS):
        start = time.thread_time()
        renderer.render(family, spec, context)
        times.append(time.thread_time() - start)
    return statistics.median(times) * 1000, size


def main() -> None:
    print(f"{'file':24} {'ports':>5} {'bytes':>7} {'median ms':>10}")
    for family_key, model_name in CASES:
        model = FAMILIES[family_key].models[model_name]
        ms, size = median_ms(family_key, model_name)
        print(f"{family_key + ' ' + model_name:24} {model.ports:5} {size:7} {ms:10.3f}")


if __name__ == "__main__":
    main()
