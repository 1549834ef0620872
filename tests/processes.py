"""The same work in several processes at the same moment."""

import subprocess
import sys

START = "print('ready', flush=True); input()"


def at_once(preparation: str, work: str, *args: str, count: int = 3) -> list[str]:
    """What `work` printed in each process; it begins when all of them are prepared.

    Both texts are Python and read `args` from `sys.argv[1:]`.
    """
    code = f"{preparation}\n{START}\n{work}"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in running]
    for process, (_, complaint) in zip(running, answers, strict=True):
        assert process.returncode == 0, complaint
    return [printed.strip() for printed, _ in answers]
