"""A packet as one zip file for a colleague without the app. The key is never in it."""

from collections.abc import Sequence

from sandbox.analysis.arm import Arm
from sandbox.export import NOTICE
from sandbox.export.packet.coded import coded
from sandbox.export.packet.page import packet_page
from sandbox.export.packet.spreadsheet import packet_spreadsheet
from sandbox.export.undated import zipped
from sandbox.review.packet import PacketKey

PAGE = "read-and-mark.html"
SPREADSHEET = "form.xlsx"


def packet_zip(key: PacketKey, arms: Sequence[Arm]) -> bytes:
    """The zip file: the page, the spreadsheet, and what to do with them. It holds no dates, no comments."""
    page = packet_page(key, coded(key, arms))
    files = {
        "READ ME FIRST.txt": _read_me(key).encode(),
        PAGE: page.encode(),
        SPREADSHEET: packet_spreadsheet(key),
    }
    return zipped({f"packet-{key.id}/{name}": content for name, content in files.items()})


def _read_me(key: PacketKey) -> str:
    return (
        f"Packet {key.id}\n\n"
        "1. Unpack this file into a folder.\n"
        f"2. Open {PAGE} in a browser (Firefox, Chrome, Edge, Safari). It needs no network.\n"
        "3. Write your name, read each transcript, leave notes, answer the questions.\n"
        "4. Press “Save my marks” and send the saved .json file back.\n\n"
        f"If you rather fill in a spreadsheet: read in {PAGE}, fill in the yellow cells of {SPREADSHEET},\n"
        "and send that file back. One of the two is enough.\n\n"
        f"{NOTICE}\n"
    )
