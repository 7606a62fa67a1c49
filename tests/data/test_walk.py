import os

import pytest

from saliencekit.data.walk import walk_images
from saliencekit.errors import DataError, EnvironmentFault


def reasons(found):
    return {failure.image: failure.reason for failure in found.excluded}


def test_suffixes_in_any_case_and_nothing_else(tree):
    root = tree("b/A.PNG", "a.jpg", "c.JpEg")
    (root / "notes.txt").write_text("x")
    (root / "png").write_text("x")
    found = walk_images(root)
    assert found.images == ["a.jpg", "b/A.PNG", "c.JpEg"]
    assert not found.excluded


def test_hidden_names_are_no_part_of_the_listing(tree):
    assert walk_images(tree("a.png", ".b.png", ".cache/c.png")).images == ["a.png"]


def test_names_in_any_script_and_with_any_byte(tree):
    root = tree("日本/顔 🙂.png", "a'b\"c;d,e\n.png", "-rf.png")
    with open(os.fsencode(root) + b"/\xff\xe9.png", "wb") as stream:
        stream.write(b"x")
    found = walk_images(root)
    assert len(found.images) == 4
    assert all((root / name).is_file() for name in found.images)


def test_a_loop_of_links_lists_nothing_twice(tree):
    root = tree("a/x.png", "b/y.png")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "self").symlink_to(".")
    (root / "again").symlink_to("b")
    found = walk_images(root)
    assert found.images == ["a/x.png", "b/y.png"]
    assert set(reasons(found)) == {"a/up", "a/self", "again"}
    assert set(reasons(found).values()) == {"it is a link to a folder, whose images are listed in their own place"}


def test_links_out_of_the_folder_are_named_and_not_followed(tree, tmp_path):
    tree("z.png", folder="outside")
    root = tree("x.png")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file.png").symlink_to(tmp_path / "outside" / "z.png")
    found = walk_images(root)
    assert found.images == ["x.png"]
    assert set(reasons(found)) == {"folder", "file.png"}
    assert all("leads out of the folder" in reason for reason in reasons(found).values())


def test_a_folder_beside_with_the_same_beginning_is_outside(tree, tmp_path):
    tree("z.png", folder="set-2")
    root = tree("x.png")
    (root / "file.png").symlink_to(tmp_path / "set-2" / "z.png")
    assert walk_images(root).images == ["x.png"]


def test_a_link_to_a_listed_file_is_left_out_and_one_to_another_file_is_listed_once(tree):
    root = tree("x.png")
    (root / "data.bin").write_bytes((root / "x.png").read_bytes())
    (root / "same.png").symlink_to("x.png")
    (root / "one.png").symlink_to("data.bin")
    (root / "two.png").symlink_to("data.bin")
    found = walk_images(root)
    assert found.images == ["one.png", "x.png"]
    assert reasons(found) == {
        "same.png": "it is a link to x.png, which is listed itself",
        "two.png": "it is a link to data.bin, which is listed itself",
    }


def test_the_folder_itself_may_be_a_link(tree, tmp_path):
    root = tree("x.png")
    (root / "same.png").symlink_to("x.png")
    (tmp_path / "link").symlink_to(root)
    assert walk_images(tmp_path / "link").images == ["x.png"]


def test_dangling_and_circular_links(tree):
    root = tree("x.png")
    (root / "dangling.png").symlink_to("nothing.png")
    (root / "real").symlink_to("gone")
    (root / "circle.png").symlink_to("circle.png")
    (root / "notes.txt").symlink_to("nothing.txt")
    assert reasons(walk_images(root)) == {
        "dangling.png": "it is a link that leads nowhere",
        "real": "it is a link that leads nowhere",
        "circle.png": "its links go round in a circle",
    }


def test_special_files_and_folders_with_an_images_name(tree, special):
    root = tree("x.png", "full.png/y.png")
    special("fifo", root / "fifo.png")
    special("socket", root / "socket.png")
    special("folder", root / "folder.png")
    found = walk_images(root)
    assert found.images == ["full.png/y.png", "x.png"]
    assert reasons(found) == {
        "fifo.png": "it is a FIFO, not a regular file",
        "socket.png": "it is a socket, not a regular file",
        "folder.png": "it is a folder",
    }


def test_deep_folders(tree):
    root = tree()
    inner = root
    for _ in range(700):
        inner = inner / "d"
        inner.mkdir()
    (inner / "x.png").write_bytes(b"x")
    assert len(walk_images(root).images) == 1


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"cannot list the folder .*none: the file does not exist"):
        walk_images(tmp_path / "none")


def test_no_permission(open_folder_for_all, as_nobody):
    (open_folder_for_all / "locked").mkdir()
    (open_folder_for_all / "x.png").write_bytes(b"x")
    (open_folder_for_all / "locked").chmod(0)
    with as_nobody():
        found = walk_images(open_folder_for_all)
        with pytest.raises(EnvironmentFault, match=r"cannot list the folder .*locked: there is no permission"):
            walk_images(open_folder_for_all / "locked")
    assert found.images == ["x.png"]
    assert reasons(found) == {"locked": "the folder cannot be listed: Permission denied"}
