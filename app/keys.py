"""Who asks: the token of a request, and whether it is the teacher's key. Wrong keys and codes are counted together."""

from __future__ import annotations

import hmac

from app.errors import HTTPProblem
from app.limiting import GUESSES, Meter
from app.settings import Settings


class Keys:
    """The teacher's key, and how often one address may guess."""

    def __init__(self, settings: Settings) -> None:
        """Take the key from the settings; an empty one turns class mode off."""
        self._key = settings.teacher_key
        self.guesses = Meter(GUESSES)

    @property
    def enabled(self) -> bool:
        """Whether there is a teacher's key."""
        return bool(self._key.get_secret_value())

    def is_teacher(self, token: str | None) -> bool:
        """Return whether `token` is the teacher's key."""
        key = self._key.get_secret_value()
        return bool(key and token) and hmac.compare_digest((token or "").encode(), key.encode())

    def teach(self, token: str | None, client: str) -> None:
        """Refuse whoever is not the teacher (401, 403; 429 after too many wrong keys)."""
        if not self.enabled:
            raise HTTPProblem(403, "class mode is off: UNROLLED_TEACHER_KEY is not set on this server")
        if not token:
            raise HTTPProblem(401, "this is the teacher's: Authorization: Bearer, then the teacher's key",
                              headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
        self.guesses.check(client)
        if not self.is_teacher(token):
            self.guesses.hit(client)
            raise HTTPProblem(403, "this is not the teacher's key")


def bearer(authorization: str | None) -> str | None:
    """Return the token of an Authorization header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
