"""The child process that serves one GGUF file on loopback. Run as a script; imports nothing of the package.

The configuration, its random key included, comes as a line of JSON on stdin, so that it stands in no process
list; `{"port": …}` or `{"error": …}` leaves as one line on stdout. The process ends when stdin does, which is
how it dies with an app that was killed.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the app's business
    config = json.loads(sys.stdin.readline() or "null")
    if not isinstance(config, dict):
        os._exit(0)
    _die_with(config["parent"])
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    try:
        server = _serve(config)
        port = int(str(server.listening_address).rstrip("/").rsplit(":", 1)[1])
    except Exception as error:
        _say({"error": str(error) or type(error).__name__})
        os._exit(1)
    _say({"port": port})
    threading.Event().wait()


def _serve(config: dict[str, Any]) -> Any:
    # Threads that spin while they wait for each other crawl, a token a second, as soon as another process
    # wants a core; threads that sleep at once cost a wake-up at every matrix. So GNU's OpenMP spins for some
    # microseconds, and others sleep at once (figures in docs/models.md). No result depends on it. Read when
    # the library loads, hence before the import.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "300")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["weights"]
    params.model_alias = {"embedded"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config["key"]]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
    params.n_ctx = config["context"]
    params.fit_params = False
    params.n_parallel = 1
    params.ctx_shift = False  # a conversation that is too long is an error, never silently cut
    if config["gpu_layers"] == 0 or not _has_graphics_card(xllamacpp):
        # The processor has other sums for a single token than for many at once, and so other last digits: a
        # reply would depend on what was cached. Flash attention over a bfloat16 cache has one way for both.
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_BF16
    if config["hidden_states"]:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE
        params.embd_normalize = -1
    params.n_gpu_layers = config["gpu_layers"]
    params.cache_ram_mib = config["cache_mib"]
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    return xllamacpp.Server(params)


def _has_graphics_card(xllamacpp: Any) -> bool:
    processor = xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    return any(device["type"] != processor for device in xllamacpp.get_device_info())


def _die_with(parent: int | None) -> None:
    """On Linux ask the kernel to end this process with `parent` (its main thread, which started us)."""
    if parent is None or not sys.platform.startswith("linux"):
        return
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _exit_at_end_of_input() -> None:
    while sys.stdin.readline():
        pass
    os._exit(0)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
