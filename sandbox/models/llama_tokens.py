"""A llama.cpp server's tokeniser: how it cuts texts into tokens. Blocking: call it on a thread."""

import http.client
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from sandbox.models.failure import Failure
from sandbox.models.litellm_provider import Endpoint
from sandbox.models.provider import Pieces


def pieces_at(endpoint: Endpoint, texts: Sequence[str]) -> tuple[Pieces, ...]:
    """The tokens of each text, in order. Raises Failure when the server does not answer as it should."""
    address = urlsplit(endpoint.base or "")
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=60.0)
    headers = {"Authorization": f"Bearer {endpoint.key}", "Content-Type": "application/json"}
    try:
        found = []
        for text in texts:
            asked = json.dumps({"content": text, "with_pieces": True})
            connection.request("POST", "/tokenize", asked, headers)
            tokens = json.loads(connection.getresponse().read())["tokens"]
            # A token that is no whole character comes as a list of bytes.
            pieces = [token["piece"] for token in tokens]
            found.append(tuple(piece if isinstance(piece, str) else None for piece in pieces))
        return tuple(found)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise Failure("malformed", f"The model's process did not say its tokens: {error}.") from None
    finally:
        connection.close()
