"""Languages that docprobe recognises and cannot run yet: listed as unsupported, with what they would need."""

from __future__ import annotations

from typing import Final

from extractor.languages.common.values import Language

CSHARP: Final = Language("csharp", "C#", ("csharp", "cs", "c#"), (".cs",), "the .NET SDK")
JAVA: Final = Language("java", "Java", ("java",), (".java",), "a JDK with Maven or Gradle")
KOTLIN: Final = Language("kotlin", "Kotlin", ("kotlin", "kt", "kts"), (".kt", ".kts"), "a JDK with Gradle")
RUST: Final = Language("rust", "Rust", ("rust", "rs"), (".rs",), "Rust with Cargo")
RUBY: Final = Language("ruby", "Ruby", ("ruby", "rb"), (".rb",), "Ruby with Bundler")
PHP: Final = Language("php", "PHP", ("php",), (".php",), "PHP with Composer")
SWIFT: Final = Language("swift", "Swift", ("swift",), (".swift",), "the Swift toolchain")

OTHERS: Final = (CSHARP, JAVA, KOTLIN, RUST, RUBY, PHP, SWIFT)
