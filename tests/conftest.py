"""What holds for every test: none is judged by the clock, since the machine has other guests.

Property tests draw anew wherever somebody works, and the same examples in CI: what was green there
stays green, and what chance finds is found by whoever can mend it.
"""

import os

from hypothesis import settings

settings.register_profile("regard", deadline=None)
settings.register_profile("regard-ci", deadline=None, derandomize=True, database=None)
settings.load_profile("regard-ci" if os.environ.get("CI") else "regard")
