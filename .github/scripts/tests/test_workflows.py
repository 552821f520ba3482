"""Tests of what the linters of workflows do not check: that they hold no logic, and fit the list of artifacts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from support import SCRIPTS, VERSION, Case, calls

# isort: split
import collect_artifacts
import versions
from common import ROOT

WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github/workflows").iterdir()}

DOCKER = """
import re
mounts = dict(volume.split(':')[1::-1] for volume in arguments if volume.endswith(':ro'))
command = arguments[[':' in argument and '/' not in argument for argument in arguments].index(True) + 1:]
text = (command[-1] if command[0] == 'sh' else ' '.join(command)).replace('python ', 'python3 ') + ' --help'
# The scripts look for the checkout, above which the container has no folders of this machine.
script = re.search(r'/\\S+[.]py', text)[0]
assert mounts[str(pathlib.PurePosixPath(script).parents[2])]
for inside, outside in mounts.items():
    text = text.replace(inside + '/', outside + '/')
os.execvp('sh', ['sh', '-c', text])
"""
"""A fake Docker, which runs the command of the container on this machine."""


class Workflows(unittest.TestCase):
    def commands(self) -> list[str]:
        """Return the commands of all steps."""
        found = []
        for text in WORKFLOWS.values():
            for match in re.finditer(r"^( +)(?:- )?(?:run|script): (>-\n(?:\1  .*\n)+|.*)", text, re.MULTILINE):
                found.append(" ".join(match[2].removeprefix(">-").split()))
        return found

    def test_each_step_runs_one_script_or_command_of_the_repository(self) -> None:
        commands = self.commands()
        self.assertGreater(len(commands), 25)
        for command in commands:
            self.assertNotRegex(command, r"[|;&`]|\$\(|\$\{\{", command)
            words = command.removeprefix("python ").split()
            if words[0].startswith((".github/scripts/", "docs/site/", "tests/")):
                self.assertTrue(os.access(ROOT / words[0], os.X_OK), command)
            else:
                self.assertIn(words[:2], [["cargo", "bindgen"], ["git", "init"]], command)

    def test_each_action_is_one_version_pinned_by_its_commit(self) -> None:
        pins: dict[str, set[str]] = {}
        for name, text in WORKFLOWS.items():
            for line in re.findall(r"uses: (.*)", text):
                if line.startswith("./"):
                    self.assertTrue((ROOT / line).is_file(), f"{name}: {line}")
                    continue
                pin = re.fullmatch(r"([\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
                assert pin, f"{name}: {line}"
                pins.setdefault(pin[1], set()).add(pin[2])
        self.assertEqual({action: len(found) for action, found in pins.items()}, dict.fromkeys(pins, 1))

    def test_each_build_of_the_list_is_uploaded(self) -> None:
        text = WORKFLOWS["sdk-build.yml"]
        uploaded = set(re.findall(r"^ +- build: (\S+)\n +runner: \S+\n +targets:", text, re.MULTILINE))
        uploaded |= set(re.findall(r"^ +name: dist-([\w-]+)\n +path: dist/", text, re.MULTILINE))
        lines = collect_artifacts.read_list((ROOT / ".github/artifacts.txt").read_text(encoding="utf-8"), VERSION)
        self.assertEqual({line.build for line in lines} - uploaded, set())

    def test_each_platform_of_the_jar_and_the_aar_is_built(self) -> None:
        text = re.sub(r"\\\n +", "", WORKFLOWS["sdk-build.yml"])
        lines = re.findall(r"^ +targets: (.*)", text, re.MULTILINE)
        built = {target for line in lines for target in line.strip('"').split(",")}
        packaged = set(re.findall(r'^ +PLATFORMS: "(.*)"', text, re.MULTILINE)[0].split(","))
        self.assertGreater(len(packaged), 10)
        self.assertEqual(packaged - built, set())

    def test_every_upload_waits_for_the_attestations(self) -> None:
        text = WORKFLOWS["sdk-release.yml"]
        jobs = dict(re.findall(r"^  (\w+):\n(?:    .*\n|\n)*?    needs: (.*)\n", text, re.MULTILINE))
        self.assertEqual(jobs["attest"], "build")
        self.assertEqual(jobs["build"], "check")
        for job in ("crates", "pypi", "maven", "assets"):
            self.assertEqual(jobs[job], "attest", job)
        self.assertEqual(jobs["swift"], "assets")

    def test_the_site_of_a_release_waits_for_the_uploads(self) -> None:
        release, site = WORKFLOWS["sdk-release.yml"], WORKFLOWS["docs.yml"]
        self.assertIn("needs: [crates, pypi, maven, assets, swift]\n    uses: ./.github/workflows/docs.yml\n", release)
        self.assertIn("\non:\n  workflow_call:\n  workflow_dispatch:\n\n", site)
        self.assertLess(site.index("check_version.py"), site.index("tests/site/run"))

    def test_each_part_of_the_nightly_tests_is_run(self) -> None:
        script = (ROOT / "tests/nightly").read_text(encoding="utf-8")
        parts = [quoted or word for quoted, word in re.findall(r'^selected (?:"(.+?)"|(\w+)) ', script, re.MULTILINE)]
        self.assertGreater(len(parts), 4)
        self.assertIn(f"        part: [{', '.join(parts)}]\n", WORKFLOWS["nightly.yml"])
        self.assertIn("        run: tests/release\n", WORKFLOWS["nightly.yml"])

    def test_the_jar_is_used_on_each_machine_that_builds_one_of_its_libraries(self) -> None:
        jobs = re.split(r"^  (?=\S)", WORKFLOWS["sdk-build.yml"], flags=re.MULTILINE)
        wheels, jars = (next(job for job in jobs if job.startswith(f"{name}:")) for name in ("wheel", "jar"))
        used = re.search(r"^        runner: \[(.*)\]$", jars, re.MULTILINE)
        assert used
        self.assertEqual(used[1].split(", "), re.findall(r"^            runner: (\S+)$", wheels, re.MULTILINE))

    def test_the_dependencies_of_each_maven_project_are_updated(self) -> None:
        text = (ROOT / ".github/dependabot.yml").read_text(encoding="utf-8")
        listed = re.findall(r"^      - (/.*)$", text[text.index("package-ecosystem: maven") :], re.MULTILINE)
        projects = [Path(path).parent for path in versions.files(ROOT) if path.endswith("pom.xml")]
        self.assertEqual(listed, sorted(f"/{folder.as_posix()}" for folder in projects))

    def test_environments_and_secrets_are_documented(self) -> None:
        page = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")
        text = "\n".join(WORKFLOWS.values())
        names = re.findall(r"environment:\n +name: (\S+)", text) + re.findall(r"secrets\.(\w+)", text)
        self.assertGreater(len(names), 8)
        for name in names:
            self.assertIn(f"`{name}`", page)


class Scripts(Case):
    def scripts(self) -> list[Path]:
        return sorted(path for path in SCRIPTS.iterdir() if path.is_file() and os.access(path, os.X_OK))

    def test_each_script_explains_itself(self) -> None:
        for path in self.scripts():
            done = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60, check=False)
            self.assertIn(path.name, done.stdout + done.stderr)
            self.assertIn(done.returncode, (0, 2), path.name)

    def test_a_script_that_fails_says_why_and_exits_with_1(self) -> None:
        command: list[str | Path] = [sys.executable, SCRIPTS / "release_notes.py", "--version", "9.9.9"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "error: CHANGELOG.md has no section of 9.9.9\n"))

    def test_a_rehearsal_has_a_version_of_its_own(self) -> None:
        ran = self.passes("rehearsal_version.py", GITHUB_RUN_NUMBER="17")
        self.assertEqual(ran.outputs, {"version": f"{versions.current(ROOT).partition('-')[0]}-dev.17"})
        self.assertIn("is not a version", self.fails("rehearsal_version.py", GITHUB_RUN_NUMBER="1; true"))

    def test_the_packages_for_musl_are_used_in_a_container(self) -> None:
        # Runs the help of the script, which imports what the script needs, from the folders that are mounted.
        self.tool("docker", DOCKER)
        self.tool("apk")
        for script, used in (("try_musl_wheel", "try_wheel.py"), ("try_musl_jar", "try_jar.py")):
            done = subprocess.run(
                [SCRIPTS / script, self.folder],
                env=self.environment | {"VERSION": VERSION},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"usage: {used}", done.stdout)

    def test_the_rust_of_a_release_is_installed_and_used(self) -> None:
        calls_of_rustup = self.tool("rustup")
        self.tool("rustc")
        manifest, environment = self.folder / "manifest.json", self.folder / "environment"
        variables = self.environment | {"MANIFEST": str(manifest), "GITHUB_ENV": str(environment)}

        def install(*numbers: str) -> subprocess.CompletedProcess[str]:
            builds = {number: {"rustc": f"rustc {number} (59807616e 2026-04-14)"} for number in numbers}
            manifest.write_text(json.dumps({"builds": builds}, indent=2), encoding="utf-8")
            script = SCRIPTS / "install_rust"
            return subprocess.run([script], env=variables, capture_output=True, text=True, timeout=60, check=False)

        self.assertEqual(install("1.95.0").returncode, 0)
        self.assertEqual(calls(calls_of_rustup)[0][:3], ["toolchain", "install", "1.95.0"])
        self.assertEqual(environment.read_text(encoding="utf-8"), "RUSTUP_TOOLCHAIN=1.95.0\n")
        for several in ([], ["1.95.0", "1.96.0"]):
            refused = install(*several)
            self.assertEqual((refused.returncode, refused.stderr.count("one version of Rust")), (1, 1))

    def test_the_swift_package_names_the_framework_of_the_release(self) -> None:
        file = self.folder / "environment"
        self.tool("cargo", f"pathlib.Path({str(file)!r}).write_text(os.environ['AOD_SWIFT_RELEASE_URL'])\nsys.exit(3)")
        framework = self.folder / "AodNativeFFI.xcframework.zip"
        arguments: list[str | Path] = ["--framework", framework, "--into", self.folder / "package"]
        variables = {"TAG": "aod-sdk-v1.2.3", "GITHUB_REPOSITORY": "example/sdk"}
        self.assertIn("is missing", self.fails("swift_package.py", *arguments, **variables))
        framework.write_text("the framework", encoding="utf-8")
        self.assertIn("cargo bindgen package failed", self.fails("swift_package.py", *arguments, **variables))
        url = "https://github.com/example/sdk/releases/download/aod-sdk-v1.2.3/AodNativeFFI.xcframework.zip"
        self.assertEqual(file.read_text(encoding="utf-8"), url)


if __name__ == "__main__":
    unittest.main()
