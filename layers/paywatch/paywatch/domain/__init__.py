"""Payments, their changes and the events that tell of them: pure, standard library only."""
