"""What holds for every test: none is judged by the clock, since the machine has other guests."""

from hypothesis import settings

settings.register_profile("regard", deadline=None)
settings.load_profile("regard")
