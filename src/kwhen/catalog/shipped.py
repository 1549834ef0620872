"""The files that the package ships under `catalog/data`, read as bytes or as text."""

import gzip
from importlib.resources import files

from kwhen.errors import SourceError


def read_bytes(path: str) -> bytes:
    """Content of one shipped file, named by its path inside `catalog/data`.

    Raises
    ------
    SourceError
        The installation lacks the file.
    """
    try:
        return files("kwhen.catalog").joinpath("data", *path.split("/")).read_bytes()
    except OSError as error:
        raise SourceError(
            f"the shipped file catalog/data/{path} is missing; install kwhen again"
        ) from error


def read_text(path: str) -> str:
    """Text of one shipped file; a name that ends in `.gz` is unpacked first."""
    content = read_bytes(path)
    return (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8")
