"""Proof of the room `project`: folders, documents, expressions, templates."""
