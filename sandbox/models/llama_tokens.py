"""Counting tokens with the tokenizer of a llama.cpp server. Blocking: call it on a thread."""

import http.client
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from sandbox.models.failure import Failure
from sandbox.models.litellm_provider import Endpoint


def tokens_at(endpoint: Endpoint, texts: Sequence[str]) -> tuple[int, ...]:
    """Tokens of each text, in order. Raises Failure when the server does not answer as it should."""
    address = urlsplit(endpoint.base or "")
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=60.0)
    headers = {"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"}
    try:
        counts = []
        for text in texts:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            counts.append(len(json.loads(connection.getresponse().read())["tokens"]))
        return tuple(counts)
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise Failure("malformed", f"The model's process did not count tokens: {error}.") from None
    finally:
        connection.close()
