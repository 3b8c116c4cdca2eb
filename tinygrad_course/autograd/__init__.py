"""PyTorch's names for what the engine can do: modes, gradients on request, Functions of your own, proofs."""
# ruff: noqa: I001  What this package offers is what this file imports.

from . import functional
from .function import Function
from .grad_mode import (
    detect_anomaly, enable_grad, inference_mode, is_grad_enabled, no_grad, set_detect_anomaly, set_grad_enabled,
)  # fmt: skip
from .gradcheck import GradcheckError, central_difference, gradcheck, gradgradcheck
from .gradients import backward, grad

__all__ = [
    "Function", "GradcheckError", "backward", "central_difference", "detect_anomaly", "enable_grad", "functional",
    "grad", "gradcheck", "gradgradcheck", "inference_mode", "is_grad_enabled", "no_grad", "set_detect_anomaly",
    "set_grad_enabled",
]  # fmt: skip
