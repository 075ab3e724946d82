"""A report as a file, in the format its ending says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sandbox.analysis.reported import ReportOn
from sandbox.errors import UsageError
from sandbox.export.file import write_file
from sandbox.export.report.blocks import Block
from sandbox.export.report.contents import contents
from sandbox.export.report.html import report_html
from sandbox.export.report.markdown import report_markdown
from sandbox.export.report.pdf import report_pdf
from sandbox.export.report.word import report_word

REPORT_FORMATS: Mapping[str, Callable[[Sequence[Block]], str | bytes]] = {
    ".html": report_html,
    ".docx": report_word,
    ".pdf": report_pdf,
    ".md": report_markdown,
}


def write_report(on: ReportOn, path: Path, *, overwrite: bool = False) -> Path:
    """Write the report to `path`; the path. Raises UsageError, ExportError as `write_file` does."""
    refuse_format(path, REPORT_FORMATS)
    write_file(path, REPORT_FORMATS[path.suffix.lower()](contents(on)), overwrite=overwrite)
    return path


def refuse_format(path: Path, formats: Iterable[str]) -> None:
    """Raises UsageError for a file whose ending is none of these."""
    if path.suffix.lower() not in formats:
        raise UsageError(
            f"“{path.suffix or path.name}” is no format of a report.",
            where=str(path),
            todo=f"End the file's name in {', '.join(formats)}.",
        )
