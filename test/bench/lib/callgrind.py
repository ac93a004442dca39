"""Instructions by function, counted by callgrind: the same on a busy machine as on a quiet one."""
import glob, os, re, subprocess

# "rep movsb" would count as an instruction per byte; copies are made in vectors instead.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824"


def command(out, toggle, *program, dump=True):
    """Counts within the toggled function; dump: in a file of its own for each time that it returns."""
    return ["env", "GLIBC_TUNABLES=" + TUNABLES, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={toggle}",
            *([f"--dump-after={toggle}"] if dump else []), *program]


def parts(out):
    """One file for each time that the toggled function returned."""
    return sorted(glob.glob(out + ".*"), key=lambda name: int(name.rpartition(".")[2]))


def inclusive(part):
    """Function to instructions, callees included; functions of the same name are added up."""
    found = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", part], check=True, stdout=subprocess.PIPE, text=True,
                           errors="replace").stdout
    counts = {}
    for line in found.splitlines():
        match = re.match(r"\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(\S+?)(?:'\d+)? \[", line)
        if match:
            counts[match[2]] = max(counts.get(match[2], 0), int(match[1].replace(",", "")))
    return counts


def clear(out):
    for path in [out, *parts(out)]:
        if os.path.exists(path):
            os.remove(path)
