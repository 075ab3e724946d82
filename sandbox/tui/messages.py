"""What the screens ask of the app, and what went wrong on them: messages that more than one screen sends."""

from collections.abc import Mapping
from typing import Literal

from textual.message import Message

from sandbox.errors import SandboxError


class Trouble(Message):
    """Something was not possible; the app says so."""

    def __init__(self, error: SandboxError) -> None:
        super().__init__()
        self.error = error


class SessionWanted(Message):
    """A session of the record shall be shown: at that turn, or gone on with, or to add an arm to it. A shared
    start stands for the run, whose newest arm is shown; not if it is wanted `itself`."""

    def __init__(
        self,
        session: str,
        turn: int | None = None,
        *,
        resume: bool = False,
        branch: bool = False,
        itself: bool = False,
    ) -> None:
        super().__init__()
        self.session = session
        self.turn = turn
        self.resume = resume
        self.branch = branch
        self.itself = itself


class ComparisonWanted(Message):
    """These sessions shall be set side by side; a trunk stands for its branches. `study`: the root of the
    study that they are of."""

    def __init__(self, sessions: tuple[str, ...], study: str | None = None) -> None:
        super().__init__()
        self.sessions = sessions
        self.study = study


class ReportWanted(Message):
    """A report on these shall be written: ids of sessions, or the root of a study. `ending` is that of the
    file (`.html`); `scale` and `questionnaire`: the scale that counts, where one was chosen."""

    def __init__(
        self, named: tuple[str, ...], ending: str, scale: str | None = None, questionnaire: str | None = None
    ) -> None:
        super().__init__()
        self.named = named
        self.ending = ending
        self.scale = scale
        self.questionnaire = questionnaire


class TranscriptWanted(Message):
    """The transcripts of these sessions' whole families shall be written, one a family."""

    def __init__(self, sessions: tuple[str, ...]) -> None:
        super().__init__()
        self.sessions = sessions


class MeasureWanted(Message):
    """These sessions shall be asked another questionnaire. `told`: what some of them are called, by id."""

    def __init__(self, sessions: tuple[str, ...], told: Mapping[str, str]) -> None:
        super().__init__()
        self.told = told
        self.sessions = sessions


class SettingWanted(Message):
    """A setting shall change."""

    def __init__(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        super().__init__()
        self.key = key
        self.value = value


class StudyWanted(Message):
    """A study of the record shall be shown, by its root, or what is finished of it be compared."""

    def __init__(self, root: str, *, compare: bool = False) -> None:
        super().__init__()
        self.root = root
        self.compare = compare


class ReviewWanted(Message):
    """These sessions shall be judged, the first of them at that turn first."""

    def __init__(self, sessions: tuple[str, ...], turn: int | None = None) -> None:
        super().__init__()
        self.sessions = sessions
        self.turn = turn


ScriptWish = Literal["versions", "dismantle", "rehearse"]


class TechniqueWanted(Message):
    """The versions of that technique shall be shown, or it be taken apart or heard."""

    def __init__(self, technique: str, wish: ScriptWish) -> None:
        super().__init__()
        self.technique = technique
        self.wish = wish
