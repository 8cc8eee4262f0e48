"""The moment of a person: sessions, devices, places."""
