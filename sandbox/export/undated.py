"""Zip archives, .docx and .xlsx among them, without the day on which they were written."""

import io
import re
import zipfile
from collections.abc import Mapping

_PROPERTIES = "docProps/core.xml"
_DATES = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")


def undated(archive: bytes) -> bytes:
    """The same archive, its entries dated 1980, no date among its properties: when a file was written is
    nobody's business."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    if _PROPERTIES in files:
        files[_PROPERTIES] = _DATES.sub(b"", files[_PROPERTIES])
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as an archive, each for its owner alone, dated 1980, without comment."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # its date is 1980
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
