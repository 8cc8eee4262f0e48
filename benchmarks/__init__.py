"""Measurements of the whole house on this machine: ``python -m benchmarks [name …] [--quick]``.

Every figure stands beside a peer or a limit that was measured in the same run, so that a noisy
machine changes both. Results are also written to ``.regard/bench.json``. Nothing here is part of
the product; `docs/benchmarks.md` says what each one means.
"""
