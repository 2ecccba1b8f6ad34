"""docs/your-own-api.md, command by command: each prints what the page says it prints, where … stands for anything."""

import os
import pathlib
import re
import subprocess
import unittest

from support import API, CLIENTS, EXAMPLES, PAT_SERVER, ROOT, Place, free_address, moved

END = "end-of-block"


def blocks():
    """The page's commands, each with what it prints; empty where the page shows nothing."""
    text = (ROOT / "docs/your-own-api.md").read_text()
    found = re.findall(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", text, re.M | re.S)
    assert len(found) >= 8, "the page has lost its commands"
    return found


def pattern(printed):
    """… at a line's place stands for any lines, within a line for anything in it."""
    lines = [re.escape(line.rstrip()).replace("…", ".*") for line in printed.splitlines()]
    return "".join("(?:.*\n)*" if line == ".*" else f"{line} *\n" for line in lines)


class YourOwnApi(unittest.TestCase):
    maxDiff = None

    def test_the_page_does_what_it_says(self):
        for name in ("PAT_SERVER", "SECOND_DATABASE_URL"):
            self.assertTrue(os.environ.get(name), f"{name} is not set: run cargo xtask test gateways")
        place = Place()
        self.addCleanup(place.close)
        addresses = {PAT_SERVER: free_address(), API: free_address(), CLIENTS: free_address()}
        # A copy of what the page names, at free addresses.
        for file in ["gateways/Caddyfile", "second-company/policy.toml", "second-company/api.py"]:
            copy = place.path / "examples" / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = (EXAMPLES / file).read_text()
            copy.write_text(moved(text, addresses) if file.endswith("Caddyfile") else text)
        (place.path / "bin").mkdir()
        (place.path / "bin/pat-server").symlink_to(pathlib.Path(os.environ["PAT_SERVER"]).resolve())
        script, expected = ["set -euo pipefail"], []
        for commands, printed in blocks():
            for old, new in addresses.items():
                commands, printed = commands.replace(old, new), printed.replace(old, new)
            # What goes on in the background must not print among the answers.
            script.append(re.sub(r" &$", f" >>{place.path}/background.log 2>&1 &", commands, flags=re.M) + f"echo {END}")
            expected.append((commands, printed))
        environment = {
            **os.environ,
            "PATH": f"{place.path}/bin:{os.environ['PATH']}",
            "HOME": str(place.path),
            "XDG_DATA_HOME": str(place.path),
            "TMPDIR": str(place.path),
            "DATABASE_URL": os.environ["SECOND_DATABASE_URL"],
            "CADDY_ADMIN": free_address(),
        }
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True}
        shell = subprocess.Popen(["bash", "-c", "\n".join(script)], cwd=place.path, env=environment, text=True, **options)
        place.processes.append(shell)
        output, _ = shell.communicate(timeout=120)
        background = (place.path / "background.log").read_text() if (place.path / "background.log").exists() else ""
        parts = output.split(f"{END}\n")
        self.assertEqual(shell.returncode, 0, f"{output}\n{background}")
        for (commands, printed), part in zip(expected, parts, strict=False):
            self.assertRegex(part, re.compile(rf"\A{pattern(printed)}\Z"), f"\n{commands}\nprinted\n{part}\nnot\n{printed}")
        self.assertEqual(len(parts), len(expected) + 1)


if __name__ == "__main__":
    unittest.main()
