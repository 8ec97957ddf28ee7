"""The providers: one HTTP module, and for each provider a client, its schemas and their mapping."""
