"""A small company without any disconnect, as text: tests plant what they look for."""

from __future__ import annotations

from regard.core.errors import Problem
from regard.core.model import Model
from regard.project.model import read_models

CLEAN = """
title: A clean house
currency: EUR
customers:
  home: {count: 300, prefers: [web.desktop]}
  trade: {count: 100, prefers: [phone.call]}
channels:
  web.desktop: {title: Web, organisation: web_team, applications: [shop]}
  phone.call: {title: Telephone, organisation: desk, applications: [desk_tool]}
organisations:
  web_team: {uses: [shop]}
  desk: {uses: [desk_tool]}
applications:
  shop: {organisation: web_team, reads: [orders], writes: [orders], cost_per_year: 100}
  desk_tool: {organisation: desk, reads: [copies], writes: [copies], cost_per_year: 50}
stores:
  orders: {facts: {order: order_number, person: person_id}}
  copies: {facts: {order: order_number, person: person_id}, cost_per_year: 20}
flows:
  - {from: orders, to: copies, facts: [order, person], takes: 5 minutes, cost_per_year: 7}
needs:
  change_order:
    title: Change an order
    customers: [home, trade]
    channels: [web.desktop, phone.call]
    facts: [order]
    tolerates: 10 minutes
    per_year: [100, 200]
    worth: [10, 20]
    at_risk: [0.1, 0.5]
promises:
  confirmation: {application: desk_tool, trigger: order, store: orders, within: 10 minutes}
"""


def read(text: str) -> tuple[Model | None, tuple[Problem, ...]]:
    """Return the as-is model of a text, and what is wrong with it."""
    models, problems = read_models({"model/as_is.yaml": text})
    return models.as_is, problems


def model_of(*changes: tuple[str, str]) -> Model:
    """Return the clean model with some of its text replaced."""
    text = CLEAN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    model, problems = read(text)
    assert model is not None, problems
    return model
