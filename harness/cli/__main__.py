"""``python -m harness.cli`` is ``docprobe``."""

from harness.cli.main import main

main()
