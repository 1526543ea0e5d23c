"""A closed room for one process and all that it starts: limits on what it takes, and on what it reads and writes.

Limits of memory, processor time and file size come from the operating system's resource limits. On Linux from 5.13 on,
Landlock denies every file that is not listed, from 6.7 on every TCP connection, and from 6.12 on signals to processes
outside. None of it needs privileges.
"""

import contextlib
import ctypes
import os
import stat
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
SET_NO_NEW_PRIVS, SET_CHILD_SUBREAPER = 38, 36
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
NEWEST_RIGHTS = 16
TCP, SIGNALS_AND_SOCKETS = 0b11, 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _call(number, *arguments):
    result = _libc().syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def landlock_version():
    """Return the version of Landlock that the kernel offers, 0 if none.

    Examples
    --------
    >>> landlock_version() >= 0
    True
    """
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def describe():
    """Return in words how far a submission is confined on this machine.

    Examples
    --------
    >>> describe().startswith("limits of time and memory")
    True
    """
    version = landlock_version()
    if not version:
        return "limits of time and memory; files and network are open: use a container for real isolation"
    closed = ["files"] + ["TCP"] * (version >= 4) + ["signals"] * (version >= 6)
    return f"limits of time and memory; closed to the outside: {', '.join(closed)}"


def close_room(readable, writable):
    """Deny this process, for ever, every file but those listed; and TCP and signals to the outside where possible.

    Parameters
    ----------
    readable, writable : sequence of str
        Files and folders with all they hold; those that do not exist are passed over.

    Returns
    -------
    bool
        Whether the room is closed; false where the kernel has no Landlock.
    """
    version = landlock_version()
    if version < 1:
        return False
    rights = (1 << RIGHTS.get(version, NEWEST_RIGHTS)) - 1
    rules = _Ruleset(rights, TCP if version >= 4 else 0, SIGNALS_AND_SOCKETS if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    for paths, allowed in ((readable, READ), (writable, rights)):
        for path in paths:
            _allow(ruleset, path, allowed & rights)
    _libc().prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return True


def _allow(ruleset, path, allowed):
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            folder = stat.S_ISDIR(os.fstat(handle).st_mode)
            rule = _PathRule(allowed if folder else allowed & ON_FILES, handle)
            _call(ADD_RULE, ruleset, 1, ctypes.byref(rule), 0)
        finally:
            os.close(handle)


def limit(memory, seconds, file_size):
    """Limit what this process and each that it starts may take.

    Parameters
    ----------
    memory : int
        Bytes of address space.
    seconds : int
        Processor time.
    file_size : int
        Bytes of any one file that it writes.
    """
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def adopt_orphans():
    """Let processes whose parent has ended become children of this one (Linux), so that none can get away."""
    if sys.platform.startswith("linux"):
        _libc().prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants():
    """End every process that this one started, directly or not."""
    import psutil

    for _ in range(20):
        family = psutil.Process().children(recursive=True)
        if not family:
            return
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout=1)
