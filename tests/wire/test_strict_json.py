"""The strict reader: what it gives, and what it refuses with the place named."""

import json
import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.errors import InvalidFields
from kwhen.wire.strict_json import MOST_DEPTH, MOST_DIGITS, MOST_ERRORS, read_json


def refused(body: bytes, **options: int) -> list[tuple[str, str]]:
    """Field and message of each error of a body that is refused."""
    with pytest.raises(InvalidFields) as caught:
        read_json(body, **options)
    return [(error.field, error.message) for error in caught.value.fields]


def the_error(body: bytes, **options: int) -> tuple[str, str]:
    (error,) = refused(body, **options)
    return error


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"null", None),
        (b' \t\r\n{"a": [1, 2.5, "x", true, null]} \n', {"a": [1, 2.5, "x", True, None]}),
        (b'{"a": {"b": 1}, "c": {"b": 1}}', {"a": {"b": 1}, "c": {"b": 1}}),
        (b'"\\u00e9 \\ud83d\\ude00"', "é 😀"),
        ('"é 😀"'.encode(), "é 😀"),
        (b"1e308", 1e308),
        (b"1e-400", 0.0),
        (b"9" * MOST_DIGITS, int("9" * MOST_DIGITS)),
        (b"{}", {}),
        (b'{"": 1}', {"": 1}),
    ],
)
def test_what_is_json_is_read_as_written(body: bytes, expected: object) -> None:
    found = read_json(body)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("text", "sign"), [(b"-0", -1), (b"-0.0", -1), (b"0", 1), (b"0.0", 1)])
def test_a_zero_keeps_the_sign_it_was_written_with(text: bytes, sign: int) -> None:
    assert math.copysign(1, read_json(b"[" + text + b"]")[0]) == sign


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t "])
def test_an_empty_body_is_refused(body: bytes) -> None:
    field, message = the_error(body)
    assert field == ""
    assert "empty" in message


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a": 1', "line 1, column 8"),
        (b'{"a": [1, 2', "line 1, column 12"),
        (b'{"a":\n tru', "line 2, column 2"),
        (b'{"a" 1}', "line 1, column 6"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"[01]", "line 1, column 3"),
        (b"[1.]", "line 1, column 3"),
        (b"[.5]", "line 1, column 2"),
        (b"[+1]", "line 1, column 2"),
        (b"{} {}", "line 1, column 4"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'"a\nb"', "line 1, column 3"),
        (b'"\\x41"', "line 1, column 2"),
        (b"\x00", "line 1, column 1"),
        (b"// hello\n{}", "line 1, column 1"),
    ],
)
def test_malformed_json_is_refused_with_its_place(body: bytes, place: str) -> None:
    field, message = the_error(body)
    assert field == ""
    assert message.startswith(f"{place}: malformed JSON")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a": "\xff"}', "line 1, column 8"),
        (b'{"a": 1,\n "b": "\xc3"}', "line 2, column 8"),
        (b'"\xed\xa0\x80"', "line 1, column 2"),
        (b'"\xc0\x80"', "line 1, column 2"),
        ('{"a": 1}'.encode("utf-16-le") + b"\xd8", "line 1"),
    ],
)
def test_bytes_that_are_not_utf_8_are_refused(body: bytes, place: str) -> None:
    field, message = the_error(body)
    assert field == ""
    assert message.startswith(place)
    assert "UTF-8" in message


def test_a_byte_order_mark_is_refused() -> None:
    assert the_error(b"\xef\xbb\xbf{}")[1].startswith("the body starts with a byte order mark")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"a": 1, "\\u0061": 1}', "a"),
        (b'{"home": {"zipcode": "1", "name": "x", "zipcode": "1"}}', "home.zipcode"),
        (b'{"a": [{"b": 1}, {"b": 1, "b": {"c": 2}}]}', "a[1].b"),
        (b'[{"a": null, "a": null}]', "[0].a"),
    ],
)
def test_a_repeated_key_is_named(body: bytes, field: str) -> None:
    assert the_error(body) == (field, "is given more than once; send it once")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_named(word: str) -> None:
    assert the_error(b'{"a": {"b": [0, %s]}}' % word.encode()) == (
        "a.b[1]",
        f"must be a finite number, got {word}",
    )


@pytest.mark.parametrize("text", [b"1e400", b"-1e400", b"1" + b"0" * 310 + b".0"])
def test_a_number_beyond_a_double_is_named(text: bytes) -> None:
    field, message = the_error(b'{"size": ' + text + b"}")
    assert field == "size"
    assert "beyond the range" in message


@pytest.mark.parametrize("count", [MOST_DIGITS + 1, 4_300, 4_301, 100_000])
def test_an_integer_of_absurd_length_is_named(count: int) -> None:
    field, message = the_error(b'{"size": ' + b"9" * count + b"}")
    assert field == "size"
    assert f"{count} digits" in message


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b'{"a": "\\ud800"}', "a", "surrogate"),
        (b'{"a": ["x", "\\udc00\\ud800"]}', "a[1]", "surrogate"),
        (b'{"a": "x\\u0000y"}', "a", "NUL"),
        (b'{"a": {"\\u0000": 1}}', "a.\\x00", "the key has a NUL"),
        (b'{"\\udfff": 1}', "\\udfff", "the key has half"),
    ],
)
def test_text_that_cannot_be_stored_is_named(body: bytes, field: str, words: str) -> None:
    found, message = the_error(body)
    assert found == field
    assert words in message
    orjson.dumps([found, message])  # what names it can itself be sent


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * depth + b"0" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_has_a_limit(opening: bytes, closing: bytes) -> None:
    read_json(nested(MOST_DEPTH, opening, closing))
    field, message = the_error(nested(MOST_DEPTH + 1, opening, closing))
    assert field.count("a") + field.count("[0]") == MOST_DEPTH
    assert "too deep" in message
    assert read_json(nested(2, opening, closing), max_depth=2)
    assert refused(nested(3, opening, closing), max_depth=2)


@pytest.mark.parametrize("depth", [10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")])
def test_abysmal_nesting_is_refused(opening: bytes, closing: bytes, depth: int) -> None:
    field, message = the_error(nested(depth, opening, closing))
    assert field == ""
    assert "too deep" in message


def test_every_error_is_told_up_to_a_hundred() -> None:
    assert [field for field, _ in refused(b'{"a": NaN, "b": 1e999, "c": "\\u0000"}')] == [
        "a",
        "b",
        "c",
    ]
    assert len(refused(b"[" + b"NaN," * 500 + b"NaN]")) == MOST_ERRORS


def test_a_long_key_is_shortened_in_a_path() -> None:
    field, _ = the_error(b'{"' + b"k" * 10_000 + b'": NaN}')
    assert field == "k" * 60 + "…"


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_end_in_a_value_or_in_named_errors(body: bytes) -> None:
    try:
        value = read_json(body)
    except InvalidFields as error:
        assert error.fields
        orjson.dumps([[field.field, field.message] for field in error.fields])
    else:
        assert value == json.loads(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")), inner
        )
    ),
)


@given(JSON)
def test_values_survive_the_way_there_and_back(value: object) -> None:
    assert read_json(orjson.dumps(value)) == value
