"""The language of templates: the part of Jinja2 that only reads, in an environment that has nothing else."""

from collections.abc import Callable
from datetime import date
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from courtesy.errors import RefusedRule
from courtesy.messages.context import declared
from courtesy.messages.rules import Language
from courtesy.messages.writing import write_date, write_money, write_number

FILTERS = frozenset(
    {"upper", "lower", "capitalize", "trim", "default", "truncate", "date", "number", "money"}
)
TESTS = frozenset({"defined", "none"})
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


class Values(dict[str, Any]):
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


def dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = dotted(node.node)
        return None if before is None else f"{before}.{node.attr}"
    return None
