"""The drawers of a store in tables: one Python for every SQL database, over a `Link`.

What differs between databases is their SQL (`store/sql`, `store/sql_postgresql`) and their
connections (`store/sqlite`, `store/postgresql`).
"""
