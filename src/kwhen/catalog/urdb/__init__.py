"""Rates of the Utility Rate Database (OpenEI URDB): fetch, read, prove."""

from kwhen.catalog.urdb.read import read_urdb
from kwhen.catalog.urdb.rows import csv_row_to_item

__all__ = ["csv_row_to_item", "read_urdb"]
