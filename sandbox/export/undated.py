"""Zip archives, .docx and .xlsx among them, without the day on which they were written."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""What stands where a format wants a date: when a file was written is nobody's business."""

_PROPERTIES = "docProps/core.xml"
_DATES = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")


def undated(archive: bytes) -> bytes:
    """The same archive, its entries dated 1980, its properties NO_DATE."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    if _PROPERTIES in files:
        date = f"{NO_DATE:%Y-%m-%dT%H:%M:%SZ}".encode()
        files[_PROPERTIES] = _DATES.sub(rb"\g<1>" + date, files[_PROPERTIES])
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
