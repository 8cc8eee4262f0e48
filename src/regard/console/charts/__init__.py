"""Drawings: a record in, an SVG string out. Pure; every text is escaped by markupsafe.

Colours come from the style sheet by class, so that both themes and forced colours work. Each
drawing has a title and a description, and stands beside a table with the same facts.
"""
