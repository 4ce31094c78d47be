"""The template language: what it takes, what it refuses and where, and that nothing escapes from it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.errors import RefusedRule
from courtesy.messages.lint_template import SOURCE_MAX, lint
from courtesy.messages.rules import Language
from courtesy.messages.sandbox import FILTERS, MessageEnvironment
from courtesy.messages.template import compile_template, render

ENGLISH = Language(
    label="English",
    months=["January", "February", *["x"] * 10],
    greetings={"female": "Dear Ms. {surname},", "male": "x", "other": "x", "unknown": "Hello,"},
)

ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ customer.__init__.__globals__ }}",
    "{{ customer['__class__'] }}",
    "{{ customer|attr('__class__') }}",
    "{{ self.__init__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner() }}",
    "{{ namespace(a=1) }}",
    "{% for x in range(10) %}x{% endfor %}",
    "{{ '{0.__class__}'.format(customer) }}",
    "{{ customer.city|safe }}",
    "{{ customer.city|map(attribute='__class__')|list }}",
    "{{ customer.city|xmlattr }}",
    "{{ (1, 2)[0] }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{% set x = customer %}",
    "{% macro m() %}{{ m() }}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% include 'etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% autoescape false %}{{ customer.city }}{% endautoescape %}",
    "{% for a in dealer.words %}{% for b in dealer.words %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in dealer.words recursive %}{{ loop(a) }}{% endfor %}",
    "{% for a in customer.city %}{{ a }}{% endfor %}",
    "{% if customer.city is callable %}{% endif %}",
    "{{ customer.city is sameas true }}",
)

BOMBS = (
    "{{ range(10 ** 9) }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ '%1000000000s'|format(1) }}",
    "{{ 'x'.ljust(1000000000) }}",
)


@pytest.mark.parametrize("source", [*ESCAPES, *BOMBS])
def test_known_escapes_and_bombs_are_refused_when_published_and_when_used(source: str) -> None:
    assert lint(source)
    with pytest.raises(RefusedRule):
        compile_template(source, ENGLISH, html=True)


@pytest.mark.parametrize("source", ESCAPES)
def test_the_environment_alone_lets_nothing_of_python_through(source: str) -> None:
    environment = MessageEnvironment(ENGLISH, html=True)
    variables = {"customer": {"city": "Boston"}, "dealer": {"words": ["a", "b"]}}
    try:
        output = environment.from_string(source).render(variables)
    except Exception:  # noqa: BLE001 - any refusal will do
        output = ""
    assert "class" not in output
    assert "object" not in output
    assert "module" not in output


def test_a_finding_has_its_line_and_the_nearest_name() -> None:
    found = lint("Dear {{ customer.given_name }},\n\n{{ customer.citty }}\n{{ vehicle.modell|uper }}\n")
    assert [f.line for f in found] == [3, 4, 4]
    assert "did you mean `customer.city`?" in found[0].text
    assert "did you mean `upper`?" in found[1].text
    assert "did you mean `vehicle.model`?" in found[2].text


def test_bad_syntax_is_one_finding_with_its_line() -> None:
    found = lint("one\ntwo {% if customer.city %}\nthree")
    assert len(found) == 1
    assert found[0].text.startswith("syntax:")


def test_words_of_the_languages_are_known_only_when_declared() -> None:
    assert lint("{{ words.closing }}", ["closing"]) == []
    assert "words.closing" in lint("{{ words.closng }}", ["closing"])[0].text


def test_the_usual_language_is_taken() -> None:
    source = (
        "{% if vehicle.model and not customer.company is none %}{{ vehicle.model|upper|default('car', true) }}"
        "{% elif history.purchases > 2 %}{{ history.purchases|number }}{% else %}{{ today|date }}{% endif %}"
        "{% for paragraph in dealer.words %}{{ paragraph|truncate(20) }}{% else %}none{% endfor %}"
    )
    assert lint(source) == []


def test_a_source_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    assert "at most" in lint("x" * (SOURCE_MAX + 1))[0].text


def test_deep_nesting_is_refused() -> None:
    deep = "{% if marketing %}" * 40 + "x" + "{% endif %}" * 40
    assert any("deeper" in f.text for f in lint(deep))


def test_output_is_limited() -> None:
    template = compile_template("{{ customer.city }}", ENGLISH, html=False)
    with pytest.raises(RefusedRule, match="more than 10 characters"):
        render(template, {"customer": {"city": "x" * 11}}, longest=10)


def test_html_is_escaped_and_plain_text_is_not() -> None:
    value = {"customer": {"city": '<b>"x"</b>'}}
    assert (
        render(compile_template("{{ customer.city }}", ENGLISH, html=True), value)
        == "&lt;b&gt;&#34;x&#34;&lt;/b&gt;"
    )
    assert render(compile_template("{{ customer.city }}", ENGLISH, html=False), value) == '<b>"x"</b>'


def test_a_value_is_never_taken_for_a_template() -> None:
    template = compile_template("{{ customer.city }}", ENGLISH, html=False)
    assert render(template, {"customer": {"city": "{{ 7 * 7 }}"}}) == "{{ 7 * 7 }}"


def test_a_filter_with_a_value_of_the_wrong_kind_is_a_refusal() -> None:
    template = compile_template("{{ customer.city|money }}", ENGLISH, html=False)
    with pytest.raises(RefusedRule, match="wrong kind"):
        render(template, {"customer": {"city": "Boston"}})


def test_a_loop_that_takes_a_declared_name_for_its_own_sees_plain_texts() -> None:
    source = (
        "{% for customer in dealer.words %}[{{ customer }}{{ customer.city }}]{% endfor %}{{ customer.city }}"
    )
    template = compile_template(source, ENGLISH, html=True)
    assert render(template, {"dealer": {"words": ["a", "<"]}, "customer": {"city": "Boston"}}) == (
        "[a][&lt;]Boston"
    )


def test_filters_are_exactly_those_allowed() -> None:
    environment = MessageEnvironment(ENGLISH, html=True)
    assert set(environment.filters) == FILTERS
    assert not environment.globals


@given(st.text(alphabet=st.sampled_from(list("{}%#|.()[]'\" \nabcustomer_")), max_size=60))
def test_any_text_is_either_a_template_or_a_finding(source: str) -> None:
    if not lint(source):
        render(compile_template(source, ENGLISH, html=True), {"customer": {}})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% for a in dealer.words if a %}{{ a }}{% endfor %}", ""),
        ("{% for a in dealer.words if a.size %}{{ a }}{% endfor %}", "plain texts without attributes"),
        ("{% for a, b in dealer.words %}{{ a }}{% endfor %}", "write `for one in list`"),
        ("{% for a in dealer.words %}{% else %}{{ customer._secret }}{% endfor %}", "begin with _"),
        ("{{ 'text'.city }}", "a dot follows a declared name"),
        ("{% for loop in dealer.words %}{{ loop }}{% endfor %}", "a name of the language itself"),
        ("{{ customer.city|default('x', boolean=true) }}", ""),
        ("{{ customer.city|truncate(10, true, end='') }}", ""),
        (
            "{{ customer.city|default(boolean=true, boolean=false) }}",
            "takes default_value, boolean, each once",
        ),
        ("{{ customer.city|default('x', default_value='y') }}", "each once"),
        ("{{ customer.city|default(__debug__=1) }}", "takes default_value, boolean"),
        ("{{ customer.city|upper(1) }}", "`upper` takes nothing"),
        ("{{ customer.city|upper(*customer.city) }}", "`upper` takes nothing"),
        ("{{ customer.city|default(**customer.city) }}", "each once"),
        ("{{ dealer.words }}", "printed whole it would show brackets"),
        ("{{ customer.city ~ dealer.words|upper }}", "printed whole it would show brackets"),
        ("{{ dealer.words if customer.city else '' }}", "printed whole it would show brackets"),
        ("{{ 'yes' if dealer.words else 'no' }}{{ dealer.words is defined }}", ""),
        ("{% if dealer.words %}yes{% endif %}", ""),
        ("{{ nothing_like_it_at_all }}", "known are"),
    ],
)
def test_loops_and_dots_are_as_narrow_as_they_look(source: str, expected: str) -> None:
    found = lint(source)
    assert [expected in f.text for f in found] == ([True] if expected else [])


@pytest.mark.parametrize(
    "source",
    [
        "one\n{% for loop in dealer.words %}{% endfor %}",
        "one\n{{ customer.city|default(boolean=1, boolean=2) }}",
    ],
)
def test_what_the_lint_overlooks_refuses_the_template_and_does_not_crash(
    monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr("courtesy.messages.template.lint", lambda *_: [])
    with pytest.raises(RefusedRule, match=r"line \d"):
        compile_template(source, ENGLISH, html=False)


def test_a_template_that_nests_beyond_the_parser_is_a_finding() -> None:
    assert lint("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}")[0].text == "the template nests too deeply"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ customer.city" + "|upper" * 5000 + " }}", "nests too deeply"),
        ("{{ customer" + ".a" * 20_000 + " }}", "nests too deeply"),
        ("{{ " + "1 and " * 15_000 + "1 }}", "nests too deeply"),
        ("{{ " + "1 if 1 else " * 200 + "1 }}", "nests too deeply"),
        ("{{ 1" + " < 1" * 20_000 + " }}", "more than 5,000 parts"),
        ("{{ customer.city" + " ~ customer.city" * 5000 + " }}", "more than 5,000 parts"),
        ("{{ " + "9" * 50_000 + " }}", "a number is larger"),
        ("{{ " + "9" * 5000 + "|number }}", "a number is larger"),
        ("{{ 1e999|money }}", "a number is larger"),
        ("{{ 1e308|number }}", "a number is larger"),
        ("{{ '\\ud800' }}", "half of a character"),
        ("a\x00b", "control character"),
        ("{% for w in dealer.words %}" + "{{ w }}" * 8000 + "{% endfor %}", "more than 5,000 parts"),
        ("{{ customer|attr('__class__') }}", "unknown filter `attr`"),
        ("{{ dealer.words|map(attribute='__class__')|list }}", "unknown filter `list`"),
        ("{{ '{0.__class__}'|format(customer) }}", "unknown filter `format`"),
        ("{{ 'a' * 999999999 }}", "`mul` is not part"),
        ("{% for w in dealer.words recursive %}{{ loop(w) }}{% endfor %}", "nothing more"),
    ],
)  # fmt: skip
def test_bombs_that_would_fell_the_lint_or_the_compiler_are_findings(source: str, told: str) -> None:
    assert any(told in found.text for found in lint(source))
    with pytest.raises(RefusedRule):
        compile_template(source, ENGLISH, html=True)


def test_what_grows_too_long_is_given_up_on_the_way() -> None:
    """Eighty megabytes would be written; not a hundredth of it is ever held."""
    source = "{% for w in dealer.words %}" + "{{ w }}" * 2000 + "{% endfor %}"
    template = compile_template(source, ENGLISH, html=False)
    read = 0

    class Words(list[str]):
        def __iter__(self) -> Iterator[str]:
            nonlocal read
            for word in super().__iter__():
                read += 1
                yield word

    with pytest.raises(RefusedRule, match="more than 400,000 characters"):
        render(template, {"dealer": {"words": Words(["y" * 2000] * 20)}})
    assert read == 1


@pytest.mark.parametrize(
    "source", ["{{ customer.city|truncate(1, true, 'xx') }}", "{{ customer.city|money }}"]
)
def test_a_filter_that_cannot_take_a_value_refuses_the_message_and_does_not_crash(source: str) -> None:
    template = compile_template(source, ENGLISH, html=False)
    with pytest.raises(RefusedRule, match="wrong kind"):
        render(template, {"customer": {"city": "Boston"}})
