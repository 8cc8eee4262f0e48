"""Records, ports, errors, ids and the clock: the leaf room that imports nothing of ours.

Other rooms import from its modules by name (`regard.core.event`, `regard.core.ports`), so that a
reader sees where a word comes from.
"""
