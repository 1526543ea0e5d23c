"""The warden of one closed room: starts the command in it, waits until the deadline, and leaves nothing running.

Run as a script; it reads its plan as JSON from standard input and imports nothing but its neighbour `confine`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path


def main():
    """Carry out the plan on standard input; the exit code is the command's, or 124 after the deadline."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import confine

    plan = json.load(sys.stdin)

    def enter():
        confine.limit(plan["memory"], int(plan["seconds"]), plan["file_size"])
        confine.close_room(plan["readable"], plan["writable"])

    confine.adopt_orphans()
    try:
        command = subprocess.Popen(
            plan["command"],
            cwd=plan["desk"],
            env=plan["environment"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=enter,
        )
        code = command.wait(plan["seconds"])
    except subprocess.TimeoutExpired:
        code = 124
    finally:
        confine.end_descendants()
    os._exit(code if 0 <= code < 256 else 1)


if __name__ == "__main__":
    main()
