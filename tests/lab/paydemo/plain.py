"""The demonstration as lines of text, for where there is no terminal."""

from paydemo import telling
from paydemo.play import Play, Seen


class PlainView:
    """Prints a line for each tick and each change."""

    def __init__(self, play: Play) -> None:
        self._log = play.function.log
        self._warned = 0

    def __enter__(self) -> "PlainView":
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the lines as they are."""

    def show(self, seen: Seen) -> None:
        """Print what a tick brought."""
        print(telling.tick(seen), flush=True)
        for event in seen.events:
            print(f"  {telling.change(event)}")
        new = self._log.warned - self._warned
        for warning in list(self._log.warnings)[-new:] if new else []:
            print(f"  ! {warning}")
        self._warned = self._log.warned
