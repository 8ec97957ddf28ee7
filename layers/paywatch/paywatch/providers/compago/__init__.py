"""Compago Harmony (Mexico): one-time payments."""
