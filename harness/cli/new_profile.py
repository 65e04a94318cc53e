"""``docprobe new-profile``: the skeleton of a specification, as a folder of profiles."""

from __future__ import annotations

import re
from pathlib import Path

import click

from extractor.base.storage import write_atomically
from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli

TEMPLATE = Path(__file__).parents[1] / "profiles" / "template"


@click.command("new-profile", short_help="Write the skeleton of a profile for another specification.")
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder of profiles. [default: harness/profiles, in a checkout of docprobe]",
)  # fmt: skip
@pass_cli
def command(cli: Cli, /, name: str, out: Path | None) -> None:
    """Write the skeleton of a profile NAME: a made-up protocol with one requirement, and comments on what to change.

    A profile is one folder with everything that docprobe knows about a specification. It is part of docprobe's code, so
    run this in a checkout. The next steps are printed; harness/README.md, "A new specification", explains them.

    \b
    docprobe new-profile things
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"'{name}' cannot name a profile", "use lower-case letters, digits and _, such as things")
    folder = (out or _profiles_here()) / name
    if folder.exists():
        raise UsageError(f"{folder} exists", "choose another name, or edit the existing profile")
    for file in sorted(TEMPLATE.iterdir()):
        if file.suffix in (".py", ".toml"):
            text = file.read_text("utf-8").replace("template", name).replace("Template", _class_name(name))
            write_atomically(folder / file.name, text.encode())
    click.echo(f"wrote {folder}")
    registry, value = folder.parent / "registry.py", name.upper()
    for step in (
        f"name it in {registry}: from harness.profiles.{name}.profile import PROFILE as {value}, {value} in PROFILES",
        f'name it in the docprobe.toml of the docs: profile = "{name}"',
        "look at the sentences: docprobe statements DOCS",
        f"bind the requirement: docprobe statements DOCS --bind things.listed=PAGE:LINE >> {folder / 'bindings.toml'}",
        "run it: docprobe check DOCS",
    ):
        cli.err().print(f"next: {step}", markup=False, soft_wrap=True)


def _profiles_here() -> Path:
    folder = Path.cwd() / "harness" / "profiles"
    if not (folder / "registry.py").is_file():
        raise UsageError(
            f"{Path.cwd()} is not a checkout of docprobe", "run it in one, or name the folder of profiles: --out DIR"
        )
    return folder


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
