"""The pages that are written from the sources say what the sources say now."""

import pytest

from tests.reading import label
from tools import write_cli_reference, write_data_page, write_python_reference

WRITERS = (write_python_reference, write_cli_reference, write_data_page)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
def test_a_written_page_is_current(writer) -> None:  # type: ignore[no-untyped-def]
    held = writer.PAGE.read_text(encoding="utf-8")
    assert writer.page() == held, f"{label(writer.PAGE)} is old; `make docs` writes it"


def test_every_public_name_is_in_the_reference() -> None:
    import kwhen

    text = write_python_reference.PAGE.read_text(encoding="utf-8")
    names = [name for name in kwhen.__all__ if not name.startswith("_")]
    assert [name for name in names if f"\n### {name}\n" not in text] == []


def test_every_source_is_on_the_data_page() -> None:
    from kwhen.catalog.sources import sources

    text = write_data_page.PAGE.read_text(encoding="utf-8")
    assert [id for id in sources() if f"\n### {id}\n" not in text] == []
