"""What leaves the app: files beside the record."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

from textual.app import App

from sandbox.analysis.comparison import Comparison
from sandbox.analysis.family import gather
from sandbox.analysis.leaving import details_leaving
from sandbox.errors import SandboxError
from sandbox.export.comparison import comparison_csv, comparison_markdown
from sandbox.export.file import Format, ending, export_family, name_for, write_file
from sandbox.library.workspace import Workspace
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.study.conductor import Conductor
from sandbox.text import printable
from sandbox.tui.messages import ReportWanted, Trouble
from sandbox.tui.screens.prompt import TranscriptQuestion
from sandbox.whole_file import free_path


class Exports:
    """Writes files on a thread and says where they are."""

    def __init__(self, app: App[None], conductor: Conductor) -> None:
        self._app = app
        self._conductor = conductor

    async def transcripts(self, sessions: tuple[str, ...]) -> None:
        """Ask once which file it shall be, and write one for each of their families."""
        store = self._conductor.store

        def read() -> tuple[tuple[str, ...], str]:
            families = store.families(sessions)
            trunks = dict.fromkeys(families[session][0].id for session in sessions)
            everybody = {head.id for family in families.values() for head in family}
            return tuple(trunks), details_leaving(store, everybody)

        try:
            trunks, doubt = await asyncio.to_thread(read)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if doubt:
            self._app.notify(printable(doubt), severity="warning", timeout=15, markup=False)

        def take(form: str | None) -> None:
            if form is not None:
                self._app.run_worker(self._write_transcripts(trunks, cast(Format, form)))

        self._app.push_screen(TranscriptQuestion(), take)

    async def _write_transcripts(self, trunks: tuple[str, ...], form: Format) -> None:
        where, store = self._conductor.workspace, self._conductor.store

        def write() -> tuple[Path, ...]:
            return tuple(write_transcript(store, where, trunk, form) for trunk in trunks)

        if paths := await self._written(write):
            title = "Transcript written" if len(paths) == 1 else f"{len(paths)} transcripts written"
            said = "\n".join(_short(path, where) for path in paths)
            self._app.notify(said, title=title, markup=False)

    async def comparison(self, comparison: Comparison, study: str | None) -> None:
        """Of the study with that root, or of sessions."""
        where, store = self._conductor.workspace, self._conductor.store

        def write() -> tuple[Path, ...]:
            found = StudyRecord(store).newest(study) if study is not None else None
            return write_comparison(where, comparison, found.name if found is not None else "")

        if paths := await self._written(write):
            kinds = " and ".join([paths[0].name, *(path.suffix for path in paths[1:])])
            said = f"in {_short(paths[0].parent, where)}:\n{kinds}"
            self._app.notify(said, title="Comparison written", markup=False)

    async def report(self, message: ReportWanted) -> None:
        self._app.notify("Writing the report …", timeout=3)
        where, store = self._conductor.workspace, self._conductor.store
        doubts: list[str] = []

        def write() -> tuple[Path, ...]:
            path, doubt = write_report_on(store, where, message)
            doubts.append(doubt)
            return (path,)

        paths = await self._written(write)
        for doubt in filter(None, doubts):
            self._app.notify(printable(doubt), severity="warning", timeout=15, markup=False)
        if paths:
            self._app.notify(_short(paths[0], where), title="Report written", timeout=15, markup=False)

    async def _written(self, write: Callable[[], tuple[Path, ...]]) -> tuple[Path, ...]:
        """The files; none where they could not be written, which is said."""
        try:
            return await asyncio.to_thread(write)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return ()


def _short(path: Path, workspace: Workspace) -> str:
    """The path as seen from the workspace, if it is in there."""
    return str(path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path)


def write_transcript(store: Store, workspace: Workspace, session: str, form: Format) -> Path:
    """Write the session's trunk and branches in that format; the path.

    It is named for what is in it. A file that is there already stays: the new one gets a number. Raises
    SandboxError when it cannot be written.
    """
    family = gather(store, store.family(session)[0].id, whole_family=True)
    named = workspace.sessions / "exports" / name_for(family, form)
    return export_family(family, free_path(named, ending(form)), form=form)


def write_comparison(workspace: Workspace, comparison: Comparison, study: str = "") -> tuple[Path, ...]:
    """Write the comparison as Markdown and as CSV; their paths. Named for the study it is of, or the
    sessions, and the scale.

    Written again each time. Raises SandboxError when it cannot be written.
    """
    ids = [session.id for arm in comparison.arms for session in arm.sessions]
    named = [study] if study else [*ids[:6], *(["more"] if len(ids) > 6 else [])]
    name = "-".join(["compare", *named, comparison.scale[2]])
    stem = workspace.sessions / "exports" / name
    forms = {".md": comparison_markdown, ".csv": comparison_csv}
    paths = []
    for suffix, form in forms.items():
        paths.append(stem.with_name(stem.name + suffix))
        write_file(paths[-1], form(comparison), overwrite=True)
    return tuple(paths)


def write_report_on(store: Store, workspace: Workspace, message: ReportWanted) -> tuple[Path, str]:
    """Write the report; its path, and a warning of a real person's details, “” for none.

    Named for the study or the sessions, and written again each time. Raises SandboxError when there
    is nothing to report on, or it cannot be written.
    """
    from sandbox.analysis.reported import gather_report
    from sandbox.export.report.file import write_report

    on = gather_report(store, message.named, scale=message.scale, questionnaire=message.questionnaire)
    study = StudyRecord(store).newest(message.named[0])
    parts = [study.name] if study is not None else list(message.named[:6])
    more = ["more"] if len(message.named) > len(parts) else []
    name = "-".join(["report", *parts, *more, on.scale[2]])
    path = workspace.sessions / "exports" / f"{name}{message.ending}"
    return write_report(on, path, overwrite=True), details_leaving(store, [arm.id for arm in on.arms])
