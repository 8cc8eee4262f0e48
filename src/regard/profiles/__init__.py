"""Who a person is, as far as their events tell: claims, consents, what was seen, suppressions.

Offers `Profiles`, a stage of the loop: it folds events into the single view and joins the views
of two people who turn out to be one. It reacts to nothing. `fallen` tells which grants of consent
do not stand, and by whose refusal.
"""

from regard.profiles.stage import Profiles
from regard.profiles.weighing import Fallen, fallen

__all__ = ["Fallen", "Profiles", "fallen"]
