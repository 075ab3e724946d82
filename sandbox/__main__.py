"""`python -m sandbox` and the `sandbox` command."""


def main() -> None:
    """Run the command line; exits with one of `errors.ExitCode`."""
    from sandbox.cli.streams import open_closed_descriptors, settle_output

    open_closed_descriptors()  # before anything opens a file
    settle_output()
    import gc
    import os
    import sys

    from sandbox.cli.main import run_command_line
    from sandbox.errors import ExitCode

    code = run_command_line()
    if code == ExitCode.INTERRUPTED:
        # What is left are threads that were broken off, some with a lock that the way out would wait for.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    # On its way out Python searches all that is in memory for garbage: with the model library, for a second.
    gc.freeze()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
