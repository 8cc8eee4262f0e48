"""The lake: the journal as Parquet files by day, read by DuckDB and by any warehouse.

`fill` brings a folder up to the journal through the read port; `Lake` asks it in SQL and can do
nothing but read. The lake is a copy: it decides nothing and can be made anew at any time. Needs
the extra ``regard[lake]``, so whoever uses it loads it by name.
"""

from regard.lake.asking import Answer, Lake
from regard.lake.filling import Filled, fill
from regard.lake.manifest import Manifest, read_manifest
from regard.lake.tables import SCHEMA, TABLES

__all__ = ["SCHEMA", "TABLES", "Answer", "Filled", "Lake", "Manifest", "fill", "read_manifest"]
