"""Container images made by hand, as tar archives in the layout of `docker save`.

An image is a list of entries and a configuration; nothing is pulled from a registry. Archives are
reproducible: the same entries give the same bytes. Name images localhost/NAME:TAG and say
`imagePullPolicy: Never` in the Pods that use them.
"""
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

BUSYBOX = "localhost/busybox:1"
PAUSE = "localhost/pause:1"
BUSYBOX_PROGRAM = "/usr/bin/busybox"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class File:
    """A regular file: its bytes are data, or those of the file source."""
    path: str
    data: bytes = b""
    source: str = ""
    mode: int = 0o644

    def add_to(self, archive):
        data = Path(self.source).read_bytes() if self.source else self.data
        info = tarfile.TarInfo(self.path.lstrip("/"))
        info.size, info.mode = len(data), self.mode
        archive.addfile(info, io.BytesIO(data))


@dataclass(frozen=True)
class Folder:
    path: str
    mode: int = 0o755

    def add_to(self, archive):
        info = tarfile.TarInfo(self.path.lstrip("/"))
        info.type, info.mode = tarfile.DIRTYPE, self.mode
        archive.addfile(info)


@dataclass(frozen=True)
class Link:
    """A symbolic link at path."""
    path: str
    target: str

    def add_to(self, archive):
        info = tarfile.TarInfo(self.path.lstrip("/"))
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, self.target, 0o777
        archive.addfile(info)


def write_archive(out, reference, entries, config):
    """Write the image `reference` with one layer to the file out, complete or not at all.

    entries  File, Folder and Link objects, parents before children
    config   the "config" object of the image: Cmd, Entrypoint, Env, User, WorkingDir
    """
    layer = _tar(entries)
    description = json.dumps({
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }).encode()
    name = hashlib.sha256(description).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}])
    archive = _tar([File("layer.tar", layer), File(name, description),
                    File("manifest.json", manifest.encode())])
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=out.parent, delete=False) as file:
        file.write(archive)
    os.chmod(file.name, 0o644)
    os.replace(file.name, out)


def _tar(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            entry.add_to(archive)
    return buffer.getvalue()


def _cached(cache, name, *inputs):
    """The path of NAME in the folder cache, and a hash of all that decides its bytes in it."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in inputs:
        digest.update(Path(path).read_bytes())
    return Path(cache) / f"{name}-{digest.hexdigest()[:12]}.tar"


def busybox(cache):
    """The path of an archive of BUSYBOX: the static program and a link for every applet."""
    out = _cached(cache, "busybox", BUSYBOX_PROGRAM)
    if out.exists():
        return out
    listed = subprocess.run((BUSYBOX_PROGRAM, "--list"), capture_output=True, text=True, check=True)
    entries = [Folder(path) for path in ("bin", "dev", "etc", "proc", "sys")]
    entries += [
        Folder("tmp", 0o1777),
        File("bin/busybox", source=BUSYBOX_PROGRAM, mode=0o755),
        File("etc/passwd", b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
        File("etc/group", b"root:x:0:\nnobody:x:65534:\n"),
    ]
    entries += [Link(f"bin/{name}", "busybox")
                for name in listed.stdout.split() if name != "busybox"]
    write_archive(out, BUSYBOX, entries, {"Env": ["PATH=/bin"], "Cmd": ["sh"]})
    return out


def pause(cache):
    """The path of an archive of PAUSE, which containerd starts for every Pod."""
    source = Path(__file__).with_name("pause.c")
    out = _cached(cache, "pause", source)
    if out.exists():
        return out
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "pause")
        subprocess.run(("gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O2", "-s", "-static",
                        "-o", program, str(source)), check=True)
        write_archive(out, PAUSE, [File("pause", source=program, mode=0o755)],
                      {"Entrypoint": ["/pause"]})
    return out
