"""What a change of the project would do, told before anybody lives it.

`read_lives` reads what people lived out of a journal, `draw_plan` lives it again under two programs
and tells the difference, `in_flight` says what each edit touches of what is under way. Deciding is
pure, so the counts are those that the gate would then pass. Called by `regard plan`.
"""

from regard.planning.arrivals import looks_at_everybody
from regard.planning.inflight import in_flight
from regard.planning.preview import course, draw_plan, rehearsal
from regard.planning.reading import read_lives
from regard.planning.records import Course, InFlight, Lived, Plan, Versions

__all__ = [
    "Course",
    "InFlight",
    "Lived",
    "Plan",
    "Versions",
    "course",
    "draw_plan",
    "in_flight",
    "looks_at_everybody",
    "read_lives",
    "rehearsal",
]
