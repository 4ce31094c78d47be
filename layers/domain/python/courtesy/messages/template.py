"""Sandboxed templates: what a marketer or dealer may write, checked with line numbers, and rendered within limits.

The language is the part of Jinja2 that only reads: print a declared variable through an allowed filter, compare, choose
with `if`, loop once over a declared list. No calls, no arithmetic, no assignments, no macros, no includes: so a
template can neither reach a Python object nor grow without bound, and its output is bounded by its source.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import concat, missing
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from courtesy.errors import RefusedRule
from courtesy.messages.context import LISTS, declared
from courtesy.messages.rules import Language
from courtesy.messages.writing import write_date, write_money, write_number

SOURCE_MAX = 100_000
"""Longest source of one template, characters."""
OUTPUT_MAX = 400_000
"""Longest output of one rendering, characters."""
PARTS_AT_ONCE = 128
"""Pieces of output that are put together before their length is looked at."""
DEPTH_MAX = 12
"""Deepest nesting of `if` and `for`."""

NODES_MAX = 5_000
"""Most parts (texts, names, filters, comparisons ...) of one template."""
TREE_MAX = 60
"""Deepest nesting of parts, those within expressions included."""
NUMBER_MAX = 10**15
"""Largest number that a template may write itself."""

FILTERS = frozenset(
    {"upper", "lower", "capitalize", "trim", "default", "truncate", "date", "number", "money"}
)
_ARGUMENTS = {
    "default": ("default_value", "boolean"),
    "truncate": ("length", "killwords", "end", "leeway"),
    "money": ("currency",),
}
TESTS = frozenset({"defined", "none"})
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


_DECLARED = declared()


class _Looked(CodeGenerator):
    """Writes a declared name as a look into its card's dict, which saves a call for each; all else as Jinja does."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - as Jinja calls it
        """`customer.city` becomes a subscript, unless a loop has taken the name `customer` for its own."""
        card = node.node
        if (
            isinstance(card, nodes.Name)
            and f"{card.name}.{node.attr}" in _DECLARED
            and frame.symbols.find_ref(card.name) == f"l_0_{card.name}"
        ):
            self.write(f"l_0_{card.name}[{node.attr!r}]")
        else:
            super().visit_Getattr(node, frame)


class _Values(dict[str, Any]):
    """All that compiled code asks of a context: the value of a name."""

    resolve_or_missing = dict.__getitem__

    def __missing__(self, _: str) -> Any:
        """What Jinja takes for a name that is not there."""
        return missing


class MessageEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 without globals, with allowed filters only, in which a dot looks into plain dicts and nowhere else."""

    code_generator_class = _Looked

    def __init__(self, language: Language, html: bool) -> None:
        super().__init__(autoescape=html, trim_blocks=True, lstrip_blocks=True, undefined=Undefined)
        self.globals.clear()
        kept = {name: call for name, call in self.filters.items() if name in FILTERS}
        self.filters.clear()
        self.filters.update(kept)
        self.filters["date"] = _date_filter(language)
        self.filters["number"] = lambda value: "" if value is None else write_number(value, language)
        self.filters["money"] = lambda value, currency="USD": (
            write_money(int(value), currency, language) if value or value == 0 else ""
        )
        tests = {name: call for name, call in self.tests.items() if name in TESTS}
        self.tests.clear()
        self.tests.update(tests)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a plain dict; anything else is undefined."""
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                pass
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Subscripts are not part of the language."""
        return self.undefined(obj=obj, name=str(argument))

    def call(self, *_args: Any, **_kwargs: Any) -> Any:
        """Calls are not part of the language."""
        raise RefusedRule("a template calls nothing")


def _date_filter(language: Language) -> Callable[[date | None], str]:
    written: dict[date, str] = {}  # a batch of messages speaks of few days

    def write(value: date | None) -> str:
        if not isinstance(value, date):
            return ""
        text = written.get(value)
        if text is None:
            if len(written) > 1000:
                written.clear()
            text = written[value] = write_date(value, language)
        return text

    return write


def lint(source: str, words: Iterable[str] = (), allow: Iterable[str] = ()) -> list[Finding]:
    """Everything that keeps a template from being published, with line numbers; empty where nothing does.

    words: names allowed below `words.`; allow: further declared names
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
    known = declared() | {f"words.{word}" for word in words} | frozenset(allow)
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
        over = _dotted(node.iter)
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
        name = _dotted(node)
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
    if _dotted(node) in LISTS:
        return _dotted(node) or ""
    asked: nodes.Node | None = node.test if isinstance(node, nodes.CondExpr) else None
    inner = (child for child in node.iter_child_nodes() if child is not asked)
    return "" if isinstance(node, nodes.Test) else next(filter(None, map(_printed_list, inner)), "")


def _nearest(what: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(names[:8])} ..."
    return f"unknown {what} `{name}`; {hint}"


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = _dotted(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None


_NEUTRAL = Language(label="", months=["-"] * 12, greetings={"unknown": ""})


@lru_cache(1)
def _parser() -> MessageEnvironment:
    # The parser must know all of Jinja's filters and tests, so that the lint and not Jinja names the line.
    return MessageEnvironment(_NEUTRAL, html=True)


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
        value = self._known.get(_dotted(node) or "")
        return node if value is None else nodes.Const(value, lineno=node.lineno)


_FAULTS = (ArithmeticError, AssertionError, LookupError, NameError, RecursionError, TypeError, ValueError)
"""What a filter raises for a value that it cannot take."""


def render(template: Template, variables: Mapping[str, Any], longest: int = OUTPUT_MAX) -> str:
    """The rendered text. Raises RefusedRule when it is longer than `longest` characters or a filter got the wrong kind.

    What is too long is given up on the way, so that it never fills the memory.
    """
    text = ""
    try:
        parts = iter(template.root_render_func(_Values(variables)))  # type: ignore[arg-type]
        while some := list(islice(parts, PARTS_AT_ONCE)):
            text += concat(some)
            if len(text) > longest:
                raise RefusedRule(f"the message would have more than {longest:,} characters")
    except _FAULTS as error:
        raise RefusedRule(f"a filter got a value of the wrong kind ({type(error).__name__})") from error
    return text
