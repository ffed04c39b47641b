"""What is the same in each of thousands of apps, one for a test, and costs most of their time.

Nothing here is shared but what follows from the program's text alone: compiled templates, compiled
SQL and compiled routes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


class CompiledPages(BytecodeCache):
    """Keeps the code of page templates; one that was edited has another checksum."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


class Sqlite(SQLiteDialect_pysqlite):
    """SQLite, whose statements are compiled for one database and good for all: each is alike."""

    supports_statement_cache = True
    statements: LRUCache[Any, Any] = LRUCache(2000)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sqlite)

    def __hash__(self) -> int:
        return hash(Sqlite)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.statements)


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Compile templates, statements and routes once in this process."""
    patch.setattr(Flask, "jinja_options", {"bytecode_cache": CompiledPages()})
    registry.register("sqlite", Sqlite.__module__, Sqlite.__name__)
    built: dict[tuple[object, ...], Callable[..., object]] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., object]:
        # The two functions of a rule follow from its text and defaults.
        key = rule.rule, repr(rule.defaults), append_unknown
        if key not in built:
            built[key] = compile_builder(rule, append_unknown)
        return built[key]

    patch.setattr(Rule, "_compile_builder", compile_once)
