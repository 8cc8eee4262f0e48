"""Mails that come in, read: what they are, what is new in them, and what machines wrote."""
