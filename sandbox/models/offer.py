"""Models worth fetching: a short list of instruct models whose licence lets anyone use them, with sources.

A list to start from, no judgement: which questionnaires measure anything on one of them, only `check-model`
tells. Every fact stands on the model's page; a revision and a SHA-256 are given where public manifests state
them alike (looked up 2026-11).
"""

from dataclasses import dataclass

from sandbox.models.download import HubFile


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to fetch. `parameters` in thousand millions; the file's `size` and `memory` needed in bytes.

    The memory is an estimate: the file, a context of 8,192 tokens and the app.
    """

    name: str
    title: str
    file: HubFile
    parameters: float
    size: int
    memory: int
    licence: str
    good_for: str

    @property
    def page(self) -> str:
        """Where its licence and its facts stand."""
        return f"https://huggingface.co/{self.file.repo}"


OFFERS = (
    Offer(
        "smollm2-360m",
        "SmolLM2 360M Instruct",
        HubFile("HuggingFaceTB/SmolLM2-360M-Instruct-GGUF", "smollm2-360m-instruct-q8_0.gguf"),
        parameters=0.36,
        size=386_000_000,
        memory=1_000_000_000,
        licence="Apache-2.0",
        good_for="rehearsing on an old machine: the embedded model's larger sister",
    ),
    Offer(
        "qwen2.5-1.5b",
        "Qwen2.5 1.5B Instruct",
        HubFile(
            "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
            "qwen2.5-1.5b-instruct-q4_k_m.gguf",
            "91cad51170dc346986eccefdc2dd33a9da36ead9",
            "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
        ),
        parameters=1.5,
        size=1_117_320_736,
        memory=2_500_000_000,
        licence="Apache-2.0",
        good_for="scripts in a laptop's memory; fills in rating scales",
    ),
    Offer(
        "granite-3.3-2b",
        "Granite 3.3 2B Instruct",
        HubFile(
            "ibm-granite/granite-3.3-2b-instruct-GGUF",
            "granite-3.3-2b-instruct-Q4_K_M.gguf",
            "7cdf86ccd1f1bb3491c9b7017b033f2e51367397",
            "ac71e9e32c0bea919b409c5918f69ca74339854b0319c5065e4e9fb6d95c4852",
        ),
        parameters=2.5,
        size=1_545_303_328,
        memory=3_500_000_000,
        licence="Apache-2.0",
        good_for="a second opinion from another maker, on a laptop",
    ),
    Offer(
        "qwen3-4b",
        "Qwen3 4B Instruct 2507",
        HubFile(
            "bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF",
            "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
            "ae44f08e1392f39c0e474af10c3ff8355c8b6688",
            "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
        ),
        parameters=4.0,
        size=2_497_280_736,
        memory=4_500_000_000,
        licence="Apache-2.0",
        good_for="following instructions well; slow without a graphics card",
    ),
    Offer(
        "granite-3.3-8b",
        "Granite 3.3 8B Instruct",
        HubFile("ibm-granite/granite-3.3-8b-instruct-GGUF", "granite-3.3-8b-instruct-Q4_K_M.gguf"),
        parameters=8.2,
        size=4_940_000_000,
        memory=8_000_000_000,
        licence="Apache-2.0",
        good_for="the most a desktop takes; for studies that run overnight",
    ),
)


def offer_of(name: str) -> Offer | None:
    """The offer of that name, or None."""
    return next((offer for offer in OFFERS if offer.name == name), None)
