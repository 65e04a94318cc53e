"""``docprobe`` and ``python -m harness.cli``: imports the command, and ends cleanly if Ctrl-C comes meanwhile."""

import sys


def start() -> None:
    """Run the command, and end with its exit code; 130 for Ctrl-C while it is still being imported."""
    try:
        from harness.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    main()


if __name__ == "__main__":
    start()
