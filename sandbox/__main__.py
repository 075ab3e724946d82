"""`python -m sandbox` and the `sandbox` command."""


def main() -> None:
    """Run the command line; exits with one of `errors.ExitCode`."""
    from sandbox.cli.streams import open_closed_descriptors, settle_output

    open_closed_descriptors()  # before anything opens a file
    settle_output()
    import gc

    from sandbox.cli.main import run_command_line

    code = run_command_line()
    # On its way out Python searches all that is in memory for garbage: with the model library, for a second.
    gc.freeze()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
