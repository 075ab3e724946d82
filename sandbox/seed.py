"""Seeds derived from a seed: one for each use of chance, the same in every process. Draws nothing itself."""

import hashlib


def derived_seed(seed: int, *purpose: str | int) -> int:
    """A seed (0 to 2³¹−1) for one use, fixed by `seed` and the purpose; the same in every process."""
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
