"""A large array as a small grey picture, put into the place that the layout kept free for it.

Graphviz takes pictures from files only. So a drawing gives it a cell of a colour that nothing else has, and the
squares of grey go over that cell afterwards, in SVG and in PNG.
"""

from __future__ import annotations

from xml.etree import ElementTree as Tree

import numpy as np

from .digits import is_written_out

Thumbnail = tuple[bytes, ...]  # rows of greys, from 0, the smallest number, to 15, the largest

SQUARES = 16  # in a row or column, at most
LEAST = 4  # rows and columns below which there is nothing to see
ENOUGH = 1 << 18  # of more numbers than this only some rows and columns are looked at
WIDTH = 56  # of the longer side, in points


def thumbnail_of(array: np.ndarray) -> Thumbnail | None:
    """Means of parts of a matrix as greys; None for one written out, for no matrix, or one number throughout."""
    shape = tuple(n for n in array.shape if n != 1)
    if len(shape) != 2 or min(shape) < LEAST or is_written_out(array) or array.dtype.kind not in "biuf":
        return None
    matrix = array.reshape(shape)
    step = max(1, int((matrix.size / ENOUGH) ** 0.5))
    small = means(means(matrix[::step, ::step].astype(float)).T).T
    finite = np.isfinite(small)
    low, high = (small[finite].min(), small[finite].max()) if finite.any() else (0, 0)
    if not low < high:
        return None
    greys = np.where(finite, (small - low) / (high - low) * 15, 0).round().astype(np.uint8)
    return tuple(row.tobytes() for row in greys)


def means(rows: np.ndarray) -> np.ndarray:
    """At most SQUARES rows, each the mean of several."""
    parts = np.array_split(rows, min(SQUARES, len(rows)))
    with np.errstate(all="ignore"):
        return np.stack([part.mean(0) for part in parts])


def size_of(thumbnail: Thumbnail) -> tuple[int, int]:
    """Width and height in points."""
    rows, columns = len(thumbnail), len(thumbnail[0])
    longer = max(rows, columns)
    return WIDTH * columns // longer, WIDTH * rows // longer


def marker(number: int) -> str:
    """The colour that keeps the place of the thumbnail with this number."""
    return f"#fd{number:04x}"


def into_svg(root: Tree.Element, thumbnails: dict[str, Thumbnail]) -> None:
    """Put each thumbnail over the cell of its colour."""
    for group in root.iter("g") if thumbnails else ():
        for place, child in enumerate(group):
            if child.tag == "polygon" and (thumbnail := thumbnails.get(child.get("fill", ""))):
                group[place] = squares(thumbnail, child.get("points", ""))


def squares(thumbnail: Thumbnail, points: str) -> Tree.Element:
    """The thumbnail as SVG, a path for each grey, within the rectangle of these points."""
    corners = np.array([corner.split(",") for corner in points.split()], float)
    (x, y), (right, bottom) = corners.min(0), corners.max(0)
    scale = f"scale({(right - x) / len(thumbnail[0]):.4g} {(bottom - y) / len(thumbnail):.4g})"
    group = Tree.Element("g", {"transform": f"translate({x:g} {y:g}) {scale}", "shape-rendering": "crispEdges"})
    for grey in sorted(set(b"".join(thumbnail))):
        cells = [(i, j) for j, row in enumerate(thumbnail) for i, value in enumerate(row) if value == grey]
        path = "".join(f"M{i} {j}h1v1h-1z" for i, j in cells)
        Tree.SubElement(group, "path", d=path, fill=f"#{grey:x}{grey:x}{grey:x}")
    return group


def into_png(image: np.ndarray, thumbnails: dict[str, Thumbnail]) -> np.ndarray:
    """An image, (height, width, 3) bytes, with each thumbnail over the pixels of its colour."""
    for color, thumbnail in thumbnails.items():
        wanted = tuple(bytes.fromhex(color[1:]))
        ys, xs = np.nonzero((image == wanted).all(-1))
        if len(ys):
            # The edge, where Graphviz mixes the colour with its neighbour's, is a pixel further out.
            top, left, height, width = ys.min() - 1, xs.min() - 1, np.ptp(ys) + 3, np.ptp(xs) + 3
            greys = np.array([list(row) for row in thumbnail]) * 17
            rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), greys.shape, strict=True))
            image[top : top + height, left : left + width] = greys[rows][:, columns, None]
    return image
