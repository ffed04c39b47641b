"""Where templates run that an administrator wrote in the browser. Pure.

Jinja's immutable sandbox keeps a template from the program; it does not keep it from using up time
and memory, and on the phones' road there is no child process around it. So a template here has a
budget for each file, and only what can be counted: no methods that pad, no filters that multiply.
Who overdraws gets CannotRender.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import DictLoader, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from portal.errors import CannotRender

MAX_TEMPLATE_BYTES = MAX_OUTPUT_BYTES = 256 * 1024
MAX_SECONDS = 2
# A round of a loop, a call, an entry of a list that is made. A base with 250 ports takes 20,000.
MAX_STEPS = 200_000
# Of all texts that are put together, those in between included.
MAX_LETTERS = 4 * MAX_OUTPUT_BYTES

_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items",
    "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "round",
    "select", "selectattr", "sort", "string", "title", "trim", "truncate", "unique", "upper",
)  # fmt: skip
_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset({
        "capitalize", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit",
        "islower", "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
        "rfind", "rpartition", "rstrip", "split", "startswith", "strip", "title", "upper",
    }),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    int: frozenset(),
    float: frozenset(),
}  # fmt: skip
_REACHES_OUT = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_PADS = re.compile(r"%[-+ 0#]*(?:\*|\d{3,}|\d*\.(?:\*|\d{3,}))")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox of one custom family; `templates` are its texts by name."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, templates: Mapping[str, str], **options: Any) -> None:
        super().__init__(loader=DictLoader(dict(templates)), **options)
        self._budget = threading.local()
        self.globals = {"range": self._range, "namespace": self.globals["namespace"]}
        self.filters = {name: self._counted(self.filters[name]) for name in _FILTERS}
        self.filters |= {"format": self._format, "join": self._join, "replace": self._replace}
        # Compiled templates join the pieces of macros, of blocks and of the whole file with this.
        self.concat = self._concat  # type: ignore[method-assign]

    def refill(self) -> None:
        """Give the next file, of this thread, a full budget."""
        self._budget.steps, self._budget.letters = MAX_STEPS, MAX_LETTERS
        self._budget.until = time.monotonic() + MAX_SECONDS

    def spend(self, steps: int = 1, letters: int = 0) -> None:
        """Take from the budget; raises CannotRender when it is used up."""
        left = self._budget
        left.steps -= steps
        left.letters -= letters
        if left.steps < 0:
            raise CannotRender(f"the template takes more than {MAX_STEPS:,} steps")
        if left.letters < 0:
            raise CannotRender(f"the template makes more than {MAX_LETTERS // 2**20} MiB of text")
        if time.monotonic() > left.until:
            raise CannotRender(f"the template takes longer than {MAX_SECONDS} seconds")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(_REACHES_OUT):
            raise TemplateSyntaxError("A template stands alone here", node.lineno, name, filename)
        for node in list(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))):
            body: list[nodes.Node] = node.body  # type: ignore[attr-defined]
            body.insert(0, nodes.ExprStmt(_call("spend"), lineno=node.lineno))
        _replace_joins(tree)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        for kind, methods in _METHODS.items():
            if isinstance(obj, kind):
                return attr in methods
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Leave ``"…".format`` to `is_safe_attribute`, which knows it not."""

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        return __self._counted(super().call)(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        is_number = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator != "+" and not is_number):
            raise CannotRender(f"a template may use {operator} on numbers only, and ** not at all")
        if not is_number:
            self.spend(_entries(left) + _entries(right), _letters(left) + _letters(right))
        result = super().call_binop(context, operator, left, right)
        if is_number and abs(result) > 2**63:
            raise CannotRender("the template counts too far")
        return result

    def joined(self, *parts: Any) -> str:
        """What ``~`` does."""
        return self._concat(map(str, parts))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Have a filter or call cost a step, and the text that it returns."""

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.spend()
            result = function(*args, **kwargs)
            self.spend(0, _letters(result))
            return result

        return counted

    def _concat(self, parts: Iterable[str]) -> str:
        kept = []
        for part in parts:
            self.spend(0, len(part))
            kept.append(part)
        return "".join(kept)

    def _range(self, *bounds: int) -> range:
        made = range(*bounds)
        self.spend(min(abs(made.stop - made.start), MAX_STEPS + 1))
        return made

    def _format(self, text: str, *values: Any) -> str:
        """``"account.%d."|format(1)``, without widths of hundreds."""
        if _PADS.search(text):
            raise CannotRender("a template may pad a text to 99 letters")
        made: str = str(text) % values
        self.spend(1, len(made))
        return made

    def _join(self, values: Iterable[Any], between: str = "") -> str:
        texts = [str(value) for value in values]
        self.spend(1, sum(map(len, texts)) + len(texts) * len(str(between)))
        return str(between).join(texts)

    def _replace(self, text: Any, old: Any, new: Any) -> str:
        plain, old, new = str(text), str(old), str(new)
        self.spend(1, len(plain) + plain.count(old) * len(new))
        return plain.replace(old, new)


def _call(method: str, values: list[nodes.Expr] | None = None) -> nodes.Call:
    return nodes.Call(nodes.EnvironmentAttribute(method), values or [], [], None, None)


def _replace_joins(tree: nodes.Template) -> None:
    """Have ``a ~ b`` ask the environment; Jinja joins these by itself."""

    def replaced(value: Any) -> Any:
        if isinstance(value, nodes.Concat):
            return _call("joined", value.nodes).set_lineno(value.lineno)
        return value

    for node in list(tree.find_all(nodes.Node)):
        for name, value in list(node.iter_fields()):
            if isinstance(value, list):
                setattr(node, name, [replaced(item) for item in value])
            else:
                setattr(node, name, replaced(value))


def _entries(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple) else 1


def _letters(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0
