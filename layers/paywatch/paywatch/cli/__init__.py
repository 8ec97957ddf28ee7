"""The operator's command line: `paywatch`."""
