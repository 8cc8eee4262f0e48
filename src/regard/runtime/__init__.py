"""What turns the crank: the pure kernel, the ledger over a store, the engine of a server.

Offers nothing by itself; its modules are asked for by name: `kernel`, `ledger`, `engine`,
`projection`, `rebuild`, `audit`, `pace`. It meets stores and channels only through ports.
"""
