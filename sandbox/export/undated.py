"""Files that are zip archives inside (.docx, .xlsx) without the day on which they were written."""

import io
import re
import zipfile
from datetime import UTC, datetime

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""What stands where a format wants a date: when a file was written is nobody's business."""

_PROPERTIES = "docProps/core.xml"
_DATES = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")


def undated(archive: bytes) -> bytes:
    """The same archive, its entries dated 1980, its properties NO_DATE."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == _PROPERTIES:
                content = _DATES.sub(rb"\g<1>" + f"{NO_DATE:%Y-%m-%dT%H:%M:%SZ}".encode(), content)
            plain = zipfile.ZipInfo(entry.filename)  # its date is 1980
            plain.external_attr = 0o600 << 16
            new.writestr(plain, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
