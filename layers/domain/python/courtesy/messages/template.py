"""Sandboxed templates: what a marketer or dealer may write, checked with line numbers, and rendered within limits.

The language is the part of Jinja2 that only reads: print a declared variable through an allowed filter, compare, choose
with `if`, loop once over a declared list. No calls, no arithmetic, no assignments, no macros, no includes: so a
template can neither reach a Python object nor grow without bound, and its output is bounded by its source.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.utils import concat
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from courtesy.errors import RefusedRule
from courtesy.messages.lint_template import lint
from courtesy.messages.rules import Language
from courtesy.messages.sandbox import MessageEnvironment, Values, dotted

OUTPUT_MAX = 400_000
"""Longest output of one rendering, characters."""
PARTS_AT_ONCE = 128
"""Pieces of output that are put together before their length is looked at."""


def compile_template(
    source: str,
    language: Language,
    html: bool,
    words: Iterable[str] = (),
    known: Mapping[str, str] | None = None,
) -> Template:
    """A template ready to render. Raises RefusedRule with the first finding: what is stored is checked again when used.

    known: dotted names whose values never change for this template (words of the language, the sender): they are written
    into it, escaped, once.
    """
    findings = lint(source, words)
    if findings:
        raise RefusedRule(f"line {findings[0].line}: {findings[0].text}")
    environment = MessageEnvironment(language, html)
    tree = environment.parse(source)
    try:
        template = environment.from_string(_Known(known).visit(tree) if known else tree)
    except (TemplateSyntaxError, SyntaxError) as error:  # what is found only when the code is written
        raise RefusedRule(
            f"line {error.lineno}: {error.msg if isinstance(error, SyntaxError) else error.message}"
        ) from error
    # The compiled code looks `escape` up among its globals, each time that it writes a value.
    template.root_render_func.__globals__["escape"] = _escaped
    return template


_TO_ESCAPE = re.compile("[&<>\"']").search


def _escaped(value: object) -> object:
    """What `markupsafe.escape` writes; most values have nothing to escape, and they go as they are."""
    return value if type(value) is str and _TO_ESCAPE(value) is None else escape(value)


class _Known(NodeTransformer):
    """Puts values in the place of names that are known beforehand."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - as Jinja calls it
        """`words.closing` becomes its text."""
        value = self._known.get(dotted(node) or "")
        return node if value is None else nodes.Const(value, lineno=node.lineno)


_FAULTS = (ArithmeticError, AssertionError, LookupError, NameError, RecursionError, TypeError, ValueError)
"""What a filter raises for a value that it cannot take."""


def render(template: Template, variables: Mapping[str, Any], longest: int = OUTPUT_MAX) -> str:
    """The rendered text. Raises RefusedRule when it is longer than `longest` characters or a filter got the wrong kind.

    What is too long is given up on the way, so that it never fills the memory.
    """
    text = ""
    try:
        parts = iter(template.root_render_func(Values(variables)))  # type: ignore[arg-type]
        while some := list(islice(parts, PARTS_AT_ONCE)):
            text += concat(some)
            if len(text) > longest:
                raise RefusedRule(f"the message would have more than {longest:,} characters")
    except _FAULTS as error:
        raise RefusedRule(f"a filter got a value of the wrong kind ({type(error).__name__})") from error
    return text
