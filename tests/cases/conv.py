"""Rows for tinygrad_course/ops/conv.py: convolutions and pooling."""

import itertools

import numpy as np

from .base import case, numbers

X, W, BIAS = numbers(2, 2, 5, 6), numbers(3, 2, 3, 2), numbers(3)
LINE, TIES = numbers(2, 2, 7), np.array([[[[1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]])
LOWEST = -1e9


def each_window(x, kernel, stride, padding=0, dilation=1, border=0.0):
    """Every window of the last two axes, by loops: (rows, columns, list of windows)."""
    stride, padding, dilation = (np.broadcast_to(n, 2) for n in (stride, padding, dilation))
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]], constant_values=border)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    starts = [range(0, n - r + 1, s) for n, r, s in zip(x.shape[2:], reach, stride, strict=True)]
    found = [
        x[:, :, i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]] for i, j in itertools.product(*starts)
    ]
    return len(starts[0]), len(starts[1]), found


def conv_by_loops(x, w, stride=1, padding=0, dilation=1, groups=1):
    """conv2d by its definition."""
    rows, columns, found = each_window(x, w.shape[2:], stride, padding, dilation)
    per_group, out = w.shape[1], len(w) // groups
    z = [
        np.stack([(part[:, o // out * per_group :][:, :per_group] * w[o]).sum((1, 2, 3)) for o in range(len(w))], 1)
        for part in found
    ]
    return np.stack(z, -1).reshape(len(x), len(w), rows, columns)


def pool_by_loops(x, kernel, stride, reduce, padding=0, border=0.0):
    """A pooling by its definition."""
    rows, columns, found = each_window(x, kernel, stride, padding, border=border)
    return np.stack([reduce(part, (2, 3)) for part in found], -1).reshape(*x.shape[:2], rows, columns)


def conv(name, x, w, **options):
    """A row for conv2d with options."""
    truth = None if isinstance(options.get("padding"), str) else lambda x, w: conv_by_loops(x, w, **options)
    run = lambda t, x, w: t.nn.functional.conv2d(x, w, **options)  # noqa: E731
    return case(name, "Conv ConvInput ConvWeight", run, x, w, truth=truth)


def pool(name, op, x, function, *arguments, **options):
    """A row for a function of nn.functional."""
    kept = {key: options.pop(key) for key in ("truth", "gradients") if key in options}
    run = lambda t, x: getattr(t.nn.functional, function)(x, *arguments, **options)  # noqa: E731
    return case(name, op, run, x, **kept)


def transposed(name, x, w, **options):
    """A row for conv_transpose2d with options."""
    run = lambda t, x, w: t.nn.functional.conv_transpose2d(x, w, **options)  # noqa: E731
    return case(name, "ConvInput Conv ConvWeight", run, x, w)


CONV = [
    conv("conv2d", X, W),
    conv("conv2d stride with a remainder", X, W, stride=2),
    conv("conv2d two strides", X, W, stride=(3, 1)),
    conv("conv2d padding", X, W, padding=1),
    conv("conv2d two paddings", X, W, padding=(0, 2), stride=(2, 3)),
    conv("conv2d dilation", X, W, dilation=(2, 3)),
    conv("conv2d same", X, W, padding="same", dilation=2),
    conv("conv2d same, wider at the end", X, W, padding="same"),
    conv("conv2d valid", X, W, padding="valid"),
    conv("conv2d groups", numbers(2, 4, 4, 4), numbers(6, 2, 2, 3), groups=2, stride=2, padding=1),
    conv("conv2d depthwise", numbers(1, 3, 4, 4), numbers(3, 1, 3, 3), groups=3),
    conv("conv2d 1x1", X, numbers(3, 2, 1, 1)),
    conv("conv2d kernel as large as the input", X, numbers(2, 2, 5, 6)),
    conv("conv2d nothing", np.zeros((0, 2, 5, 6)), W),
    case("conv2d bias", "Conv", lambda t, x, w, b: t.nn.functional.conv2d(x, w, b), X, W, BIAS,
         truth=lambda x, w, b: conv_by_loops(x, w) + b[:, None, None]),
    case("conv2d without a batch", "Conv", lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1), X[0], W,
         truth=lambda x, w: conv_by_loops(x[None], w, padding=1)[0]),
    case("conv2d of itself", "Conv", lambda t, x: t.nn.functional.conv2d(x, x), numbers(2, 2, 3, 3), truth=lambda x: conv_by_loops(x, x)),
    case("conv1d", "Conv", lambda t, x, w, b: t.nn.functional.conv1d(x, w, b, stride=2, padding=1), LINE, numbers(3, 2, 3), BIAS,
         truth=lambda x, w, b: conv_by_loops(x[:, :, None], w[:, :, None], (1, 2), (0, 1))[:, :, 0] + b[:, None]),
    case("conv1d dilated, in groups", "Conv", lambda t, x, w: t.nn.functional.conv1d(x, w, dilation=2, groups=2, padding="same"),
         LINE, numbers(4, 1, 3)),
    transposed("conv_transpose2d", numbers(2, 3, 3, 4), W),
    transposed("conv_transpose2d strided", numbers(2, 3, 3, 2), W, stride=(2, 3), padding=1, output_padding=(1, 2)),
    transposed("conv_transpose2d wider by less than its dilation", numbers(2, 3, 3, 2), W, dilation=(3, 2), output_padding=(2, 1)),
    transposed("conv_transpose2d groups", numbers(1, 4, 3, 2), numbers(4, 2, 2, 2), groups=2, dilation=2),
    transposed("conv_transpose2d without a batch", numbers(3, 3, 4), W, padding=1),
    # Pooling
    pool("max_pool2d", "MaxPool Unpool Pick", X, "max_pool2d", 2, truth=lambda x: pool_by_loops(x, (2, 2), 2, np.max)),
    pool("max_pool2d that overlaps", "MaxPool Unpool Pick", X, "max_pool2d", (3, 2), 1, truth=lambda x: pool_by_loops(x, (3, 2), 1, np.max)),
    pool("max_pool2d padding", "MaxPool Pad", X, "max_pool2d", 3, stride=2, padding=1,
         truth=lambda x: pool_by_loops(x, (3, 3), 2, np.max, 1, LOWEST)),
    pool("max_pool2d dilation", "MaxPool Unpool Pick", X, "max_pool2d", 2, 1, dilation=2),
    pool("max_pool2d ceil_mode", "MaxPool Pad", X, "max_pool2d", 2, stride=2, ceil_mode=True),
    pool("max_pool2d last window left out", "MaxPool Pad", numbers(1, 1, 4, 4), "max_pool2d", 2, stride=3, padding=1, ceil_mode=True),
    pool("max_pool2d ties", "MaxPool Unpool Pick", TIES, "max_pool2d", 2, gradients=False),
    pool("max_pool2d ties that overlap", "MaxPool Unpool Pick", TIES, "max_pool2d", 2, stride=1, gradients=False),
    pool("max_pool2d with gaps", "MaxPool Unpool Pick", X, "max_pool2d", 2, 3, truth=lambda x: pool_by_loops(x, (2, 2), 3, np.max)),
    pool("max_pool2d nan", "MaxPool Unpool Pick", np.array([[[[1.0, np.nan], [3.0, 2.0]]]]), "max_pool2d", 2, gradients=False),
    pool("max_pool2d without a batch", "MaxPool Unpool Pick", X[0], "max_pool2d", 2),
    pool("max_pool1d", "MaxPool Unpool Pick", LINE, "max_pool1d", 3, 2, 1),
    pool("avg_pool2d", "AvgPool Fold", X, "avg_pool2d", 2, truth=lambda x: pool_by_loops(x, (2, 2), 2, np.mean)),
    pool("avg_pool2d that overlaps", "AvgPool Fold", X, "avg_pool2d", (2, 3), (1, 2), truth=lambda x: pool_by_loops(x, (2, 3), (1, 2), np.mean)),
    pool("avg_pool2d padding", "AvgPool Fold", X, "avg_pool2d", 3, 2, 1, truth=lambda x: pool_by_loops(x, (3, 3), 2, np.mean, 1)),
    pool("avg_pool2d border left out", "AvgPool Fold", X, "avg_pool2d", 3, 2, (1, 0), count_include_pad=False),
    pool("avg_pool2d ceil_mode", "AvgPool Fold", X, "avg_pool2d", 3, 2, 1, ceil_mode=True),
    pool("avg_pool2d ceil_mode, border left out", "AvgPool Fold", X, "avg_pool2d", 2, 2, 1, ceil_mode=True, count_include_pad=False),
    pool("avg_pool2d divisor", "AvgPool Fold", X, "avg_pool2d", 2, divisor_override=3),
    pool("avg_pool1d", "AvgPool Fold", LINE, "avg_pool1d", 3, 2),
    pool("adaptive_avg_pool2d", "AvgPool Fold", numbers(2, 2, 4, 6), "adaptive_avg_pool2d", (2, 3)),
    pool("adaptive_avg_pool2d to 1", "AvgPool Fold", X, "adaptive_avg_pool2d", 1, truth=lambda x: x.mean((2, 3), keepdims=True)),
    pool("adaptive_avg_pool2d uneven", "Cat", X, "adaptive_avg_pool2d", (3, 4)),
    pool("adaptive_avg_pool2d one axis", "Cat", X, "adaptive_avg_pool2d", (None, 4)),
    pool("adaptive_avg_pool1d", "Cat", LINE, "adaptive_avg_pool1d", 3),
    pool("adaptive_max_pool2d", "MaxPool", X, "adaptive_max_pool2d", (3, 4)),
    pool("adaptive_max_pool2d even", "MaxPool", numbers(2, 2, 4, 6), "adaptive_max_pool2d", 2),
    pool("columns", "Window Fold", X, "unfold", (2, 3), padding=1, stride=2),
    pool("columns dilated", "Window Fold", X, "unfold", 2, dilation=2),
    pool("columns back", "Fold Window", numbers(2, 8, 12), "fold", (4, 5), 2),
    pool("columns back, padded", "Fold Window", numbers(1, 8, 4), "fold", (4, 5), 2, padding=1, stride=(3, 3)),
]  # fmt: skip
