"""Inside the closed room: run a notebook cell by cell and hand back what the cells put out."""

import asyncio
import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # jsonschema would build a grammar of internet addresses on import: a second that every notebook would pay.
    sys.modules["rfc3987_syntax"] = None

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from traitlets.config import Config


class Reader(NotebookClient):
    """A notebook client that keeps a limited amount of output a cell, and gives up after a few endless cells."""

    most_output = 600_000
    most_timeouts = 3

    def __init__(self, nb, **options):
        super().__init__(nb, **options)
        self.seen, self.timeouts = {}, 0

    def output(self, outs, msg, display_id, cell_index):
        """Keep an output message unless the cell has said too much already."""
        size = sum(len(str(part)) for part in msg["content"].values())
        self.seen[cell_index] = self.seen.get(cell_index, 0) + size
        if self.seen[cell_index] > self.most_output:
            return None
        return super().output(outs, msg, display_id, cell_index)

    async def async_execute_cell(self, cell, cell_index, **options):
        """Execute a cell, and count those that do not end."""
        await super().async_execute_cell(cell, cell_index, **options)
        self.timeouts += any(out.get("ename") == "CellTimeoutError" for out in cell.get("outputs", []))
        if self.timeouts >= self.most_timeouts:
            raise TimeoutError("several cells did not end in time")
        return cell


def run(notebook, *, cell_seconds, seconds, sockets):
    """Run a notebook in a kernel of its own and return what is known at the end, however it ends.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook; its outputs are filled in.
    cell_seconds, seconds : float
        Time for one cell, and for all of them.
    sockets : str
        Path that begins the names of the kernel's sockets.

    Returns
    -------
    str
        Why the run stopped early; empty if it did not.
    """
    timed_out = {"ename": "CellTimeoutError", "evalue": "the cell did not end in time", "traceback": []}
    client = Reader(
        notebook,
        kernel_name="python3",
        timeout=cell_seconds,
        interrupt_on_timeout=True,
        error_on_timeout=timed_out,
        allow_errors=True,
        iopub_timeout=10,
        startup_timeout=60,
        store_widget_state=False,
        shutdown_kernel="immediate",
        config=Config({"KernelManager": {"transport": "ipc", "ip": sockets}}),
    )
    try:
        asyncio.run(asyncio.wait_for(client.async_execute(), seconds))
    except DeadKernelError:
        return "the kernel died"
    except TimeoutError as error:
        return str(error) or "the notebook did not end in time"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def main(job):
    """Run the notebook of a job file and write outputs and reason to what was standard output at the start.

    Parameters
    ----------
    job : str
        Path of a JSON file with ``notebook``, ``before`` (code), ``cell_seconds``, ``seconds`` and ``sockets``.
    """
    result = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    about = json.loads(Path(job).read_text(encoding="utf-8"))
    notebook = nbformat.from_dict(about.pop("notebook"))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(about.pop("before")))
    reason = run(notebook, **about)
    outputs = [cell.get("outputs", []) for cell in notebook.cells[1:]]
    with result:
        json.dump({"outputs": outputs, "reason": reason}, result)


if __name__ == "__main__":
    main(sys.argv[1])
