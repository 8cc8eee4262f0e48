"""Needs: evidence, belief, what is offered, and the join."""
