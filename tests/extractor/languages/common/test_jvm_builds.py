"""What the build files of a page name: Maven's, and Gradle's in both of its languages."""

from __future__ import annotations

import pytest

from extractor.languages.common.jvm_builds import PLATFORM, gradle_file, looks_like_gradle, maven_file

PARENT = (
    '<?xml version="1.0"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0"><parent>'
    "<groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId>"
    "<version>3.5.7</version></parent></project>"
)
MANAGED = """
<properties><sdk.version>1.4</sdk.version></properties>
<dependencyManagement><dependencies>
  <dependency><groupId>com.acme</groupId><artifactId>acme-bom</artifactId><version>2</version>
    <type>pom</type><scope>import</scope></dependency>
  <dependency><groupId>com.acme</groupId><artifactId>pinned</artifactId><version>7</version></dependency>
</dependencies></dependencyManagement>
<dependencies>
  <dependency><groupId>com.acme</groupId><artifactId>sdk</artifactId><version>${sdk.version}</version></dependency>
  <dependency><groupId>com.acme</groupId><artifactId>open</artifactId></dependency>
  <dependency><groupId>com.acme</groupId><artifactId>pinned</artifactId></dependency>
  <dependency><groupId>com.acme</groupId><artifactId>tests</artifactId><version>1</version><scope>test</scope></dependency>
  <dependency><groupId>com.acme</groupId><artifactId>filled</artifactId><version>${not.here}</version></dependency>
</dependencies>
<build><plugins><plugin><dependencies><dependency><groupId>a</groupId><artifactId>of-plugin</artifactId></dependency>
</dependencies></plugin></plugins></build>
"""
GROOVY = """
plugins { id 'org.springframework.boot' version '3.5.7' }
ext { set('aiVersion', "1.1.0") }
def own = '2.0'
dependencyManagement { imports { mavenBom "com.acme:ai-bom:${aiVersion}" } }
dependencies {
    implementation "com.acme:sdk:$own" // the SDK
    implementation 'com.acme:open'
    implementation platform('com.acme:other-bom:5')
    implementation group: 'com.acme', name: 'parts', version: '4'
    runtimeOnly 'com.acme:newest:latest.release'
    testImplementation 'com.acme:tests:1'
    // implementation 'com.acme:commented:1'
}
"""
KOTLIN = """
val sdkVersion = "0.9.0"
plugins {
    kotlin("jvm") version "2.3.20"
    application
}
application { mainClass.set("com.example.AppKt") }
dependencies {
    implementation("com.acme:sdk:$sdkVersion")
    implementation(platform("com.acme:bom:1.0"))
    implementation(kotlin("reflect"))
}
"""


def named(dependencies: object) -> dict[str, tuple[str, bool]]:
    assert isinstance(dependencies, tuple)
    return {d.name: (d.specifier, PLATFORM in d.extras) for d in dependencies}


def test_a_part_of_a_maven_file_with_properties_and_platforms() -> None:
    file = maven_file(MANAGED)
    assert file is not None
    assert named(file.dependencies) == {
        "com.acme:acme-bom": ("2", True), "com.acme:sdk": ("1.4", False), "com.acme:open": ("", False),
        "com.acme:pinned": ("7", False), "com.acme:filled": ("", False),
    }  # fmt: skip


def test_the_parent_of_spring_boot_says_versions() -> None:
    file = maven_file(PARENT)
    assert file is not None
    assert named(file.dependencies) == {"org.springframework.boot:spring-boot-dependencies": ("3.5.7", True)}


@pytest.mark.parametrize(
    "text",
    [
        "<dependency><groupId>a</groupId>",
        "<note>nothing</note>",
        '<!DOCTYPE x [<!ENTITY a "b">]><dependency><groupId>a.b</groupId><artifactId>&a;</artifactId></dependency>',
        "<dependency><groupId>../up</groupId><artifactId>x</artifactId></dependency>",
        "<dependency><groupId>a.b</groupId><artifactId>x y; z</artifactId></dependency>",
    ],
)
def test_what_names_no_package(text: str) -> None:
    assert maven_file(text) is None


def test_a_gradle_file_in_groovy() -> None:
    assert named(gradle_file(GROOVY).dependencies) == {
        "com.acme:sdk": ("2.0", False), "com.acme:open": ("", False), "com.acme:other-bom": ("5", True),
        "com.acme:parts": ("4", False), "com.acme:newest": ("", False), "com.acme:ai-bom": ("1.1.0", True),
        "org.springframework.boot:spring-boot-dependencies": ("3.5.7", True),
    }  # fmt: skip


def test_a_gradle_file_in_kotlin() -> None:
    file = gradle_file(KOTLIN)
    assert named(file.dependencies) == {
        "com.acme:sdk": ("0.9.0", False), "com.acme:bom": ("1.0", True), "org.jetbrains.kotlin:kotlin-reflect": ("", False),
    }  # fmt: skip
    assert (file.main, file.kotlin) == ("com.example.AppKt", "2.3.20")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (KOTLIN, True),
        ('implementation("a.b:c:1")\n', True),
        ("fun main() {\n    plugins { }\n}\n", False),
        ("val dependencies = listOf(1)\n", False),
    ],
)
def test_what_is_a_build_file(text: str, is_one: bool) -> None:
    assert looks_like_gradle(text) is is_one
