"""Amounts as people read them: in the company's currency, or in points when it names none."""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal

from regard.console.moments import LOCALE


def money(amount: float, currency: str) -> str:
    """Return ``€1,250`` or ``1,250 points``; fractions only where there are some."""
    if not currency:
        return f"{format_decimal(round(amount, 2), locale=LOCALE)} points"
    text = format_currency(amount, currency, locale=LOCALE)
    return text.removesuffix(".00")
