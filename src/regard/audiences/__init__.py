"""Who belongs to which audience just now: people enter and leave at the right second, by timers."""
