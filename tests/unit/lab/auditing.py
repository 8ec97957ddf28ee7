"""A lab with payments that move, and what the auditor says of who polls it."""

from paylab import AuditReport, Delivery, Lab, LabClock, Size, TruthLog, World, audit, populate

from .honest_poller import HonestPoller

SIZE = Size(open=15, settled=25, arrivals_per_minute=3)


def a_lab(clock: LabClock, seed: int = 1) -> Lab:
    truth = TruthLog()
    worlds = [World(provider, clock, truth, seed=seed) for provider in ("compago", "onepay")]
    for world in worlds:
        populate(world, SIZE)
    return Lab(clock, worlds, seed=seed)


def judged(poller: HonestPoller, deliveries: list[Delivery] | None = None) -> AuditReport:
    lab = poller.lab
    told = poller.deliveries if deliveries is None else deliveries
    return audit(lab.truth, poller.ticks, told, lab.log)
