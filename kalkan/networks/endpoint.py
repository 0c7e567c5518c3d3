"""An OpenAI-compatible endpoint: one question in, its words out.

Owns the wire form of a chat completion. Promises that it is asked through the guarded door (this machine and home
networks only where a person allowed it), that nothing is streamed, kept or asked twice, and that an answer of any other
shape is a :class:`~kalkan.errors.NetworkError`. Never decides what is asked nor whether the words are true.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kalkan.errors import NetworkError
from kalkan.networks.http import Door

SECONDS: Final = 45.0
_BYTES: Final = 256 << 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a language model answers: ``url`` is the base (…/v1), ``here`` allows this machine and home networks."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    here: bool = False


def say(endpoint: Endpoint, messages: Sequence[Mapping[str, str]], *, now: datetime) -> str:
    """What the model answers to ``messages`` (role, content), at temperature 0.

    :raises NetworkError: it cannot be reached, refuses, is too slow, or answers in no known form
        (``endpoint_unreadable``).
    """
    asked = {"model": endpoint.model, "messages": list(messages), "temperature": 0, "stream": False, "max_tokens": 800}
    headers = {"Content-Type": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    door = Door(allow_private=endpoint.here, read_s=SECONDS, total_s=SECONDS, max_bytes=_BYTES)
    try:
        url = f"{endpoint.url.rstrip('/')}/chat/completions"
        answer = door.send("POST", url, json.dumps(asked).encode(), now=now, headers=headers)
    finally:
        door.close()
    return _words(answer.body)


def _words(body: bytes) -> str:
    try:
        found: Any = json.loads(body)
        words = found["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise NetworkError("endpoint_unreadable", permanent=True, detail=type(error).__name__) from error
    if not isinstance(words, str):
        raise NetworkError("endpoint_unreadable", permanent=True, detail=type(words).__name__)
    return words
