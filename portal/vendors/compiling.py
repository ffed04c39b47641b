"""How shipped templates are compiled: as Jinja does, less what our own code need not pay for. Pure.

Measured at three quarters of the time. Templates of others run in the sandbox, which needs every
access to pass through the environment.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame


class _Compiler(CodeGenerator):
    """Takes attributes and subscripts as Python does, and puts a statement's output out at once."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        self.visit(node.node, frame)
        self.write("[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        if frame.buffer is not None or len(node.nodes) < 3:
            super().visit_Output(node, frame)
            return
        self.writeline("pieces = []")
        frame.buffer = "pieces"
        super().visit_Output(node, frame)
        frame.buffer = None
        self.writeline("yield concat(pieces)")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        """A text of one line goes out as it is; only else `finalize` is called."""
        if _escapes(frame):
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("(value if type(value := ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escapes(frame):
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(") is str and value.isprintable() else environment.finalize(value))")


def _escapes(frame: Frame) -> bool:
    return bool(frame.eval_ctx.volatile or frame.eval_ctx.autoescape)


class TrustedEnvironment(Environment):
    """For templates that are part of the program. A missing attribute is an AttributeError."""

    code_generator_class = _Compiler
