"""A JDK with Maven in a base image: an official image, Debian's packages, or a JDK of the host."""

from __future__ import annotations

from typing import Final

from extractor.model import ROOT, TOOLS, Source, Toolchain

FOLDER_VARIABLE: Final = "DOCPROBE_JAVA_FOLDER"
"""Names a folder of the host with a JDK: the one that JAVA_HOME names."""
IMAGE: Final = "maven:3-eclipse-temurin-25"
REPOSITORY: Final = f"{ROOT}/java/repository"
"""Maven's local repository."""
PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
"""Resolves and copies packages, and runs nothing of theirs (Apache Maven Dependency Plugin)."""
TRUST: Final = f"{TOOLS}/Trust.java"
"""Makes a store of a CA bundle that a JVM can read."""
TRUSTING: Final = (
    'cd /tmp; if [ -n "$SSL_CERT_FILE" ]; then '
    f'java {TRUST} "$SSL_CERT_FILE" /tmp/trust.p12 && export MAVEN_OPTS="-Djavax.net.ssl.trustStore=/tmp/trust.p12 '
    '-Djavax.net.ssl.trustStorePassword=changeit"; fi;'
)
"""Begins a shell command by which Maven trusts the CA bundle that is lent."""
_HOME: Final = f"{TOOLS}/jdk"
_MAVEN: Final = f"{TOOLS}/maven"
_MAVEN_VERSION: Final = "3.9.11"
_TRUST: Final = """
import java.io.*; import java.security.KeyStore; import java.security.cert.*;
class Trust { public static void main(String[] a) throws Exception {
  KeyStore store = KeyStore.getInstance("PKCS12"); store.load(null, null); int n = 0;
  try (InputStream in = new FileInputStream(a[0])) {
    for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in))
      store.setCertificateEntry("ca" + n++, c); }
  try (OutputStream out = new FileOutputStream(a[1])) { store.store(out, "changeit".toCharArray()); } } }
"""
_EMPTY: Final = (
    "<project><modelVersion>4.0.0</modelVersion><groupId>docprobe</groupId><artifactId>empty</artifactId>"
    "<version>1</version><dependencies><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId>"
    "<version>2.0.17</version></dependency></dependencies></project>"
)
_FETCH: Final = (
    f"import os, urllib.request, tarfile, io; v = {_MAVEN_VERSION!r}; "
    "u = f'https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/{v}/apache-maven-{v}-bin.tar.gz'; "
    "tarfile.open(fileobj=io.BytesIO(urllib.request.urlopen(u, timeout=60).read())).extractall("
    f"{TOOLS!r}, filter='data'); os.rename(f'{TOOLS}/apache-maven-{{v}}', {_MAVEN!r})"
)
_FINISH: Final = (
    ("javac", "-version"),
    ("mvn", "--version"),
    ("python3", "-c",
     f"import os; os.makedirs({ROOT!r}, exist_ok=True); os.chmod({ROOT!r}, 0o1777); os.makedirs({REPOSITORY!r}); "
     f"os.makedirs({TOOLS!r}, exist_ok=True); open({TRUST!r}, 'w').write({_TRUST!r}); "
     f"open('/tmp/pom.xml', 'w').write({_EMPTY!r})"),
    # the plugin comes with the image; where this fails, it comes with the first packages
    ("sh", "-c", f"{TRUSTING} mvn -q -B -Dmaven.repo.local={REPOSITORY} {PLUGIN}:copy-dependencies {PLUGIN}:list "
     f"-DoutputDirectory=/tmp/lib -DoutputFile=/tmp/list; chmod -R a+rwX {ROOT}/java; rm -rf /tmp/lib /tmp/pom.xml"),
)  # fmt: skip

JAVA: Final = Toolchain(
    "java",
    "a JDK with Maven",
    (
        Source(
            f"the image {IMAGE}",
            (
                ("ln", "-sf", "/opt/java/openjdk/bin/java", "/opt/java/openjdk/bin/javac", "/usr/share/maven/bin/mvn",
                 "/usr/local/bin/"),
                *_FINISH,
            ),
            copied=("/opt/java/openjdk", "/usr/share/maven"),
            image=IMAGE,
        ),
        Source(
            "Debian's default-jdk-headless and maven",
            (("ln", "-sf", "/usr/bin/java", "/usr/bin/javac", "/usr/local/bin/"), *_FINISH),
            debian=("default-jdk-headless", "maven"),
        ),
        Source(
            f"the folder that {FOLDER_VARIABLE} names, and Maven {_MAVEN_VERSION} of Maven Central",
            (
                ("ln", "-sf", f"{_HOME}/bin/java", f"{_HOME}/bin/javac", "/usr/local/bin/"),
                ("python3", "-c", _FETCH),
                ("ln", "-sf", f"{_MAVEN}/bin/mvn", "/usr/local/bin/mvn"),
                *_FINISH,
            ),
            folder=FOLDER_VARIABLE,
            target=_HOME,
        ),
    ),
    versions={"java": ("javac", "-version"), "maven": ("mvn", "--version")},
)  # fmt: skip
