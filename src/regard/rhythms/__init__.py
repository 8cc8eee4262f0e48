"""The customer's silence: who is late by their own rhythm."""
