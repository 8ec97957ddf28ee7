"""The whole job before your eyes: two providers, the handler, a subscriber, and an auditor."""
