"""The reading of lists that change while they are read; knows ports, not providers."""
