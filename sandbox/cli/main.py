"""The command `sandbox`: which subcommands there are, and how errors end. Commands load only when used."""

import importlib
import keyword
import sys
import traceback
from collections.abc import Sequence

import click

from sandbox import __version__
from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.text import printable

COMMANDS = {
    "demo": "A whole session in under a minute: fear, mindful breathing, and the control.",
    "run": "Run a scenario and the techniques that branch from it.",
    "rehearse": "Hear a script said to a client, again from any step; nothing is recorded.",
    "study": "Run many sessions as one study, to the end.",
    "measure": "Ask stored sessions another questionnaire afterwards.",
    "resume": "Go on with what was interrupted.",
    "sessions": "List what was run; filter, search.",
    "show": "Read a session's transcript with its scores.",
    "compare": "Set sessions side by side, a row a turn.",
    "report": "Write what came out for a colleague: HTML, Word, PDF or Markdown.",
    "export": "Write a session to a file, many as a data set, or a questionnaire as FHIR.",
    "import": "Bring in a questionnaire (FHIR, REDCap, XLSForm) or a bundle of sessions.",
    "review": "Judge transcripts, take in marks of colleagues, see who agrees.",
    "dismantle": "See which step of a script does the work.",
    "script": "See the versions of a technique, and other wordings of it.",
    "validate": "Check scenarios, techniques and all other documents.",
    "new": "Start a scenario, technique or other document of your own.",
    "preview": "See what a document will say, turn by turn, with its tokens.",
    "catalogue": "List everything in the library, with its origin and licence.",
    "init": "Make a workspace with copies of the content to edit.",
    "schema": "Write the JSON Schemas of documents and outputs.",
    "models": "List the models at hand, and check one of them.",
    "check-model": "Find out which questionnaires can be trusted on a model.",
    "check-client": "Find out whether a client leaves anything to be seen on a model.",
    "calibrate": "See whether scores follow a known dose of an affect, put into the model.",
    "doctor": "Say what works on this machine and what to do about the rest.",
}


class _LazyGroup(click.Group):
    """Lists commands from the table above and imports `sandbox.cli.<name>` when one is used.

    A name Python keeps for itself has an underscore after it there: `import` is in `import_`.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        module = importlib.import_module(f"sandbox.cli.{name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - a slip in our own table, not input
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, invoke_without_command=True)
@click.version_option(__version__, prog_name="sandbox")
@click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback when something goes wrong.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Try an intervention script on a simulated client before it meets a person.

    Without a command the app opens. Scores are simulated affect, not a feeling; this is a test bench for
    scripts, never a treatment.
    """
    if context.invoked_subcommand is None:
        if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
            raise UsageError(
                "The app needs a terminal to be seen in, and its input or output goes elsewhere.",
                todo="Start it without a pipe or redirect; `sandbox demo` runs a session without the app.",
            )
        from sandbox.tui.app import open_app

        context.exit(open_app())


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Errors of ours go to stderr in one to three lines."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(args=words, prog_name="sandbox", standalone_mode=False)
        return result if isinstance(result, int) else ExitCode.OK
    except click.exceptions.Abort as stop:
        click.echo(str(stop) or "Interrupted. Nothing finished is lost.", err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except SandboxError as error:
        click.echo(f"Error: {printable(str(error))}", err=True)
        if _wants_traceback(words):
            traceback.print_exc()
        return error.exit_code
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {printable(f'{where}{error.strerror or error}')}", err=True)
        click.echo(
            "Make sure that there is room on the disk, and that you may read and write there.", err=True
        )
        if _wants_traceback(words):
            traceback.print_exc()
        return ExitCode.FAILED
    except Exception as error:
        if _wants_traceback(words):
            raise
        click.echo(f"Error: {type(error).__name__}: {printable(str(error))}", err=True)
        click.echo("This is a fault of the app. `sandbox --debug …` shows where it happened.", err=True)
        return ExitCode.FAILED


def _wants_traceback(words: list[str]) -> bool:
    return "--debug" in words
