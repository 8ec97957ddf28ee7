"""What a provider's API answers for an account, whichever provider it is."""

from paylab import compago, onepay
from paylab.messages import Request, Response
from paylab.world import World

_RESPOND = {"compago": compago.respond, "onepay": onepay.respond}


def answered(world: World, request: Request) -> Response:
    """Answer a request from an account as it stands, or as a copy of it stood."""
    return _RESPOND[world.provider](world, request, request.path.removeprefix(world.base_path))
