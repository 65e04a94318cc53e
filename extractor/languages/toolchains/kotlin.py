"""Kotlin's compiler in a base image, on top of a JDK with Maven."""

from __future__ import annotations

from typing import Final

from extractor.languages.toolchains.java import PLUGIN, REPOSITORY, TRUSTING
from extractor.model import ROOT, TOOLS, Source, Toolchain

VERSION: Final = "2.4.21"
COMPILER: Final = "docprobe-kotlinc"
"""Compiles files against the packages that were fetched. A newer compiler takes what an older one took."""
_FOLDER: Final = f"{TOOLS}/kotlin"
_ARTIFACTS: Final = ("kotlin-compiler-embeddable", "kotlin-serialization-compiler-plugin-embeddable")
_PROJECT: Final = (
    "<project><modelVersion>4.0.0</modelVersion><groupId>docprobe</groupId><artifactId>kotlin</artifactId>"
    "<version>1</version><dependencies>"
    + "".join(
        f"<dependency><groupId>org.jetbrains.kotlin</groupId><artifactId>{name}</artifactId>"
        f"<version>{VERSION}</version></dependency>"
        for name in _ARTIFACTS
    )
    + "</dependencies></project>"
)
_SCRIPT: Final = f"""#!/bin/sh
packages=$(ls {ROOT}/java/lib/*.jar 2>/dev/null | tr '\\n' ':')
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxRAMPercentage=70 -XX:-UsePerfData \\
  -Dkotlin.colors.enabled=false -cp "{_FOLDER}/*" \\
  org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -nowarn \\
  -Xplugin={_FOLDER}/{_ARTIFACTS[1]}-{VERSION}.jar -classpath "$packages" "$@"
"""
_STEPS: Final = (
    ("python3", "-c", f"import os; open('/tmp/pom.xml', 'w').write({_PROJECT!r}); "
     f"open('/usr/local/bin/{COMPILER}', 'w').write({_SCRIPT!r}); os.chmod('/usr/local/bin/{COMPILER}', 0o755)"),
    ("sh", "-c", f"{TRUSTING} mvn -q -B -Dmaven.repo.local={REPOSITORY} {PLUGIN}:copy-dependencies "
     f"-DincludeScope=runtime -DoutputDirectory={_FOLDER} && chmod -R a+rwX {ROOT}/java && rm /tmp/pom.xml"),
    (COMPILER, "-version"),
)  # fmt: skip
KOTLIN: Final = Toolchain(
    "kotlin", "Kotlin's compiler", (Source("kotlin-compiler-embeddable of Maven Central", _STEPS),), below="java"
)
