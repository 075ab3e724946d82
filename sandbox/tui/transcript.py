"""Writing files from the app, beside the record: the transcript of a family, a comparison."""

from pathlib import Path

from sandbox.analysis.comparison import Comparison
from sandbox.export.comparison import comparison_csv, comparison_markdown
from sandbox.export.family import gather
from sandbox.export.file import export_family, write_file
from sandbox.library.workspace import Workspace
from sandbox.store.store import Store


def write_transcript(store: Store, workspace: Workspace, session: str) -> Path:
    """Write the Markdown transcript of the session's trunk and branches; its path.

    It is named for the trunk and written again each time, since branches may have been added. Raises
    SandboxError when it cannot be written.
    """
    trunk = store.family(session)[0].id
    path = workspace.sessions / "exports" / f"{trunk}.md"
    return export_family(gather(store, trunk, whole_family=True), path, overwrite=True)


def write_comparison(workspace: Workspace, comparison: Comparison) -> tuple[Path, ...]:
    """Write the comparison as Markdown and as CSV; their paths. Named for the sessions and the scale.

    Written again each time. Raises SandboxError when it cannot be written.
    """
    ids = [session.id for arm in comparison.arms for session in arm.sessions]
    name = "-".join(["compare", *ids[:6], *(["more"] if len(ids) > 6 else []), comparison.scale[2]])
    stem = workspace.sessions / "exports" / name
    forms = {".md": comparison_markdown, ".csv": comparison_csv}
    paths = []
    for suffix, form in forms.items():
        paths.append(stem.with_name(stem.name + suffix))
        write_file(paths[-1], form(comparison), overwrite=True)
    return tuple(paths)
