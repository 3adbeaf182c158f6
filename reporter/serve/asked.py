"""One request, as the handlers see it: everything about HTTP is done."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from reporter.serve.bodies import Body
from reporter.serve.tokens import Caller
from reporter.settings_model import Settings


class Asked(NamedTuple):
    """Who asks for what, about which environment. `subject` is the part of the path that varies.

    `tell` takes what only the log of the server may say.
    """

    settings: Settings
    environment: str
    caller: Caller
    now: datetime
    subject: str = ""
    body: Body = Body()
    tell: Callable[[str], None] = lambda _: None
