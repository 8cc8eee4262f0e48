"""One file per place: ask the ports, build the view record. No HTML here."""
