"""Fake people, whose every word carries a mark that a test can look for where it must not be."""

import random

MARK = "NoDebeSalir"
PHONE_MARK = "+5215500000"

_FIRST = ("María", "José", "Lucía", "Andrés", "Sofía", "Camilo", "Ñusta", "Zoë")
_LAST = ("González", "Muñoz", "Peña", "Ibáñez", "Rodríguez", "Güell")
_WHY = ("Inscripción", "Póliza", "Consulta médica", "Arriendo", "Colegiatura", "Suscripción")


def billing(rng: random.Random) -> dict[str, object]:
    """Return Compago's `billingInformation` of a person who does not exist."""
    number = rng.randrange(10_000)
    return {
        "email": f"{MARK.lower()}.{number}@example.com",
        "firstName": f"{rng.choice(_FIRST)} {MARK}",
        "lastName": f"{rng.choice(_LAST)} {MARK}",
        "phoneNumber": f"{PHONE_MARK}{number:04d}",
        "address": {
            "addressLine": f"Calle {MARK} {number}",
            "city": f"Ciudad {MARK}",
            "state": f"{MARK}",
            "zip": f"{MARK}-{number:05d}",
        },
    }


def description(rng: random.Random, order: str) -> str:
    """Return a sentence about a payment, with a name in it."""
    return f"{rng.choice(_WHY)} de {rng.choice(_FIRST)} {MARK}, {order}"


def remarks(rng: random.Random) -> str:
    """Return a merchant's note about a person."""
    return f"Llamar a {rng.choice(_FIRST)} {MARK} al {PHONE_MARK}{rng.randrange(10_000):04d}"


def leaks(text: str) -> list[str]:
    """Return the marks of fake personal data that occur in a text, in any case or escape."""
    folded = text.casefold()
    return [mark for mark in (MARK, PHONE_MARK) if mark.casefold() in folded]
