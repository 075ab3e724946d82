"""`python -m sandbox` and the `sandbox` command."""


def main() -> None:
    """Run the command line; exits with one of `errors.ExitCode`."""
    from sandbox.cli.streams import open_closed_descriptors, settle_output

    open_closed_descriptors()  # before anything opens a file
    settle_output()
    from sandbox.cli.main import run_command_line

    raise SystemExit(run_command_line())


if __name__ == "__main__":
    main()
