"""Listing the images of a folder: each once, without leaving it and without opening anything."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DataError, EnvironmentFault
from .regular import system_reason, why_not_regular
from .samples import Failure, identity_of

IMAGE_SUFFIXES = (
    *(".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pfm"),
    *(".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga", ".tif", ".tiff", ".webp"),
)
"""What a folder's images end in, in upper or lower case. Manifests may list files of any name."""


@dataclass
class Walk:
    """Relative POSIX paths of the images found, in sorted order, and what was left out with its reason."""

    images: list[str] = field(default_factory=list)
    excluded: list[Failure] = field(default_factory=list)

    def leave_out(self, relative: str, reason: str) -> None:
        """Name a file that takes no part."""
        self.excluded.append(Failure(identity_of(relative), reason))


def walk_images(root: Path) -> Walk:
    """List every file below ``root`` whose suffix is one of :data:`IMAGE_SUFFIXES`, in any case.

    Names that begin with a dot are no part of the listing. Links to folders are not followed: one inside
    shows images that are listed in their own place, and one that leads out is left out by name. A link to a
    file inside is listed only if that file is not. FIFOs, sockets, devices, dangling and circular links with
    an image's name are left out by name, as are folders that may not be listed.

    Raises
    ------
    DataError
        If ``root`` does not exist or is no folder.
    EnvironmentFault
        If ``root`` may not be listed.
    """
    found = Walk()
    links: list[str] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        before = len(found.images) + len(links) + len(found.excluded) + len(pending)
        _scan(root, folder, found, links, pending)
        after = len(found.images) + len(links) + len(found.excluded) + len(pending)
        if folder.lower().endswith(IMAGE_SUFFIXES) and before == after:
            found.leave_out(folder, "it is a folder")
    _judge_links(root, links, found)
    found.images.sort()
    found.excluded.sort(key=lambda failure: failure.image)
    return found


def _scan(root: Path, folder: str, found: Walk, links: list[str], pending: list[str]) -> None:
    try:
        with os.scandir(root / folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                relative = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_symlink():
                    links.append(relative)
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(relative)
                elif entry.name.lower().endswith(IMAGE_SUFFIXES):
                    if entry.is_file(follow_symlinks=False):
                        found.images.append(relative)
                    else:
                        reason = why_not_regular(entry.stat(follow_symlinks=False).st_mode)
                        found.leave_out(relative, reason or "it changed while the folder was listed")
    except OSError as error:
        if folder:
            found.leave_out(folder, f"the folder cannot be listed: {error.strerror or error}")
        elif isinstance(error, PermissionError):
            raise EnvironmentFault(f"cannot list the folder {root}: there is no permission") from error
        else:
            raise DataError(f"cannot list the folder {root}: {system_reason(error)}") from error


def _judge_links(root: Path, links: list[str], found: Walk) -> None:
    inside = os.path.realpath(root)
    seen = {os.path.join(inside, relative) for relative in found.images} if links else set()
    for relative in sorted(links):
        suffix = os.path.splitext(relative)[1].lower()
        image = suffix in IMAGE_SUFFIXES
        try:
            target = os.path.realpath(root / relative, strict=True)
            mode = os.stat(target).st_mode
        except OSError as error:
            image = image or not suffix  # it may have stood for a folder of images
            missing = isinstance(error, FileNotFoundError)
            reason = "it is a link that leads nowhere" if missing else system_reason(error)
        else:
            image = image or stat.S_ISDIR(mode)
            reason = _why_not_link(target, mode, inside, seen) or ""
            if image and not reason:
                seen.add(target)
                found.images.append(relative)
        if image and reason:
            found.leave_out(relative, reason)


def _why_not_link(target: str, mode: int, inside: str, seen: set[str]) -> str | None:
    if os.path.commonpath((inside, target)) != inside:
        return "it is a link that leads out of the folder: name the file in a manifest to use it"
    if stat.S_ISDIR(mode):
        return "it is a link to a folder, whose images are listed in their own place"
    if target in seen:
        return f"it is a link to {identity_of(os.path.relpath(target, inside))}, which is listed itself"
    return why_not_regular(mode)
