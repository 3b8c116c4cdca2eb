"""Layers, activations and losses as plain functions, each from the file of its module.

Arguments have PyTorch's names and order.
"""
# ruff: noqa: F401, I001  What this file offers is what it imports.

from ..methods.shapes import pad
from .activation import elu, gelu, leaky_relu, log_softmax, logsigmoid, prelu, relu
from .activation import relu6, selu, sigmoid, silu, softmax, softplus, tanh
from .attention import scaled_dot_product_attention
from .conv import conv1d, conv2d, conv_transpose2d, fold, unfold
from .layers import dropout, embedding, linear, one_hot
from .loss import binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, huber_loss
from .loss import kl_div, l1_loss, mse_loss, nll_loss, smooth_l1_loss
from .normalization import batch_norm, cosine_similarity, group_norm, instance_norm, layer_norm, normalize, rms_norm
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool2d
from .pooling import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from .resampling import interpolate
