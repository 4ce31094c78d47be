"""What keeps a template from being published: everything that is not the language of templates, with line numbers."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from jinja2 import TemplateSyntaxError, nodes

from courtesy.messages.context import LISTS, declared
from courtesy.messages.rules import Language
from courtesy.messages.sandbox import FILTERS, TESTS, MessageEnvironment, dotted

SOURCE_MAX = 100_000
"""Longest source of one template, characters."""
DEPTH_MAX = 12
"""Deepest nesting of `if` and `for`."""
NODES_MAX = 5_000
"""Most parts (texts, names, filters, comparisons ...) of one template."""
TREE_MAX = 60
"""Deepest nesting of parts, those within expressions included."""
NUMBER_MAX = 10**15
"""Largest number that a template may write itself."""

_ARGUMENTS = {
    "default": ("default_value", "boolean"),
    "truncate": ("length", "killwords", "end", "leeway"),
    "money": ("currency",),
}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Concat,
    nodes.Keyword,
)


class Finding(NamedTuple):
    """Something wrong in a template; `line` counts from 1 in the template's own source."""

    line: int
    text: str


def lint(source: str, words: Iterable[str] = ()) -> list[Finding]:
    """Everything that keeps a template from being published, with line numbers; empty where nothing does.

    words: names allowed below `words.`
    """
    if len(source) > SOURCE_MAX:
        return [
            Finding(1, f"the template has {len(source):,} characters; at most {SOURCE_MAX:,} are allowed")
        ]
    try:
        tree = _parser().parse(source)
    except TemplateSyntaxError as error:
        return [Finding(error.lineno, f"syntax: {error.message}")]
    except RecursionError:
        return [Finding(1, _TOO_DEEP)]
    except ValueError:  # Python reads no number of thousands of digits
        return [Finding(1, f"a number is larger than {NUMBER_MAX:,}")]
    if found := next(_outgrown(tree), None):
        return [found]
    known = declared() | {f"words.{word}" for word in words}
    return sorted(set(_Lint(known).check(tree)))


_TOO_DEEP = "the template nests too deeply"


def _outgrown(tree: nodes.Template) -> Iterator[Finding]:
    """What is too deep or too much for whoever walks the tree after this, and what no text may hold; walks without recursion."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 1)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > TREE_MAX:
            yield Finding(node.lineno, _TOO_DEEP)
        if seen > NODES_MAX:
            yield Finding(node.lineno, f"the template has more than {NODES_MAX:,} parts")
        value = getattr(node, "value" if isinstance(node, nodes.Const) else "data", None)
        if isinstance(value, int | float) and not abs(value) <= NUMBER_MAX:
            yield Finding(node.lineno, f"a number is larger than {NUMBER_MAX:,}")
        if isinstance(value, str) and _CONTROL.search(value):
            yield Finding(node.lineno, "a control character, or half of a character, stands in the text")
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


class _Lint:
    def __init__(self, known: frozenset[str]) -> None:
        self.known = known

    def check(self, tree: nodes.Template) -> list[Finding]:
        return list(self._node(tree, frozenset(), 0, False))

    def _node(self, node: nodes.Node, local: frozenset[str], depth: int, looped: bool) -> Iterable[Finding]:
        line = node.lineno
        if isinstance(node, nodes.Call):
            yield Finding(line, "nothing can be called in a template; print a variable or use a filter")
            return
        if isinstance(node, nodes.Getitem):
            yield Finding(line, "write a dot instead of brackets: `customer.city`")
            return
        if not isinstance(node, _ALLOWED):
            yield Finding(line, f"`{type(node).__name__.lower()}` is not part of the template language")
            return
        if isinstance(node, nodes.If | nodes.For):
            depth += 1
            if depth > DEPTH_MAX:
                yield Finding(line, f"`if` and `for` nest deeper than {DEPTH_MAX}")
                return
        if isinstance(node, nodes.Getattr | nodes.Name):
            yield from self._name(node, local)
            return
        if isinstance(node, nodes.Output):
            for printed in node.nodes:
                if whole := _printed_list(printed):
                    yield Finding(
                        line, f"`{whole}` is a list: loop over it, printed whole it would show brackets"
                    )
        if isinstance(node, nodes.Filter):
            if node.name == "safe":
                yield Finding(line, "`safe` would print a value unescaped; leave it out")
            elif node.name not in FILTERS:
                yield Finding(line, _nearest("filter", node.name, FILTERS))
            elif not _takes(node):
                takes = ", ".join(_ARGUMENTS.get(node.name, ())) or "nothing"
                yield Finding(line, f"`{node.name}` takes {takes}, each once")
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            yield Finding(line, _nearest("test", node.name, TESTS))
        if isinstance(node, nodes.For):
            yield from self._loop(node, local, depth, looped)
            return
        for child in node.iter_child_nodes():
            yield from self._node(child, local, depth, looped)

    def _loop(self, node: nodes.For, local: frozenset[str], depth: int, looped: bool) -> Iterable[Finding]:
        over = dotted(node.iter)
        if looped:
            yield Finding(node.lineno, "a loop inside a loop is not allowed")
        if over not in LISTS:
            yield Finding(
                node.lineno, f"loop over a declared list ({', '.join(sorted(LISTS))}), not over this"
            )
        if node.recursive or not isinstance(node.target, nodes.Name):
            yield Finding(node.lineno, "write `for one in list`, nothing more")
            return
        if node.target.name == "loop":
            yield Finding(node.lineno, "`loop` is a name of the language itself; call the item otherwise")
            return
        if node.test is not None:
            yield from self._node(node.test, local | {node.target.name}, depth, True)
        for child in node.body:
            yield from self._node(child, local | {node.target.name}, depth, True)
        for child in node.else_:
            yield from self._node(child, local, depth, looped)

    def _name(self, node: nodes.Node, local: frozenset[str]) -> Iterable[Finding]:
        name = dotted(node)
        if name is None:
            yield Finding(node.lineno, "a dot follows a declared name only: `customer.city`")
        elif name in local or name in self.known:
            return
        elif any(part.startswith("_") for part in name.split(".")):
            yield Finding(node.lineno, f"`{name}`: names that begin with _ are not for templates")
        elif name.partition(".")[0] in local:
            yield Finding(node.lineno, f"`{name}`: the items of a list are plain texts without attributes")
        else:
            yield Finding(node.lineno, _nearest("variable", name, self.known))


def _takes(node: nodes.Filter) -> bool:
    """Whether a filter gets what it takes: Python would refuse the same argument twice only when it reads the code."""
    takes = _ARGUMENTS.get(node.name, ())
    given = [*takes[: len(node.args)], *(argument.key for argument in node.kwargs)]
    return (
        len(node.args) <= len(takes)
        and len(set(given)) == len(given)
        and set(given) <= set(takes)
        and node.dyn_args is None
        and node.dyn_kwargs is None
    )


def _printed_list(node: nodes.Node) -> str:
    """The list that an expression prints, not only asks about; empty where it prints none."""
    if dotted(node) in LISTS:
        return dotted(node) or ""
    asked: nodes.Node | None = node.test if isinstance(node, nodes.CondExpr) else None
    inner = (child for child in node.iter_child_nodes() if child is not asked)
    return "" if isinstance(node, nodes.Test) else next(filter(None, map(_printed_list, inner)), "")


def _nearest(what: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(names[:8])} ..."
    return f"unknown {what} `{name}`; {hint}"


_NEUTRAL = Language(label="", months=["-"] * 12, greetings={"unknown": ""})


@lru_cache(1)
def _parser() -> MessageEnvironment:
    # The parser must know all of Jinja's filters and tests, so that the lint and not Jinja names the line.
    return MessageEnvironment(_NEUTRAL, html=True)
