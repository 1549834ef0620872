"""The same work in several processes at the same moment."""

import subprocess
import sys

FORKS = """
import os, sys, traceback
preparation, work, count = sys.argv[1:4]
del sys.argv[1:4]
world = {"__name__": "prepared"}
exec(preparation, world)
children = []
for _ in range(int(count)):
    child = os.fork()
    if child == 0:
        try:
            exec(work, world)
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    children.append(child)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""


def at_once(preparation: str, work: str, *args: str, count: int = 3) -> list[str]:
    """The line that `work` printed in each process; they begin when all is prepared.

    Both texts are Python and read `args` from `sys.argv[1:]`.
    """
    # Forks of one process that has nothing open: imports are paid once.
    command = [sys.executable, "-c", FORKS, preparation, work, str(count), *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
