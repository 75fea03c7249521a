"""The message block alone: F 128, 2000 nodes, 20 edges a receiver, 20 radial functions, cutoff 5 Angstrom.

A file may give other inputs: header metadata "config" with cutoff; in.s (N,F), in.v (N,F,3), in.r (E,3) = x_j - x_i,
in.nbr_list (E,2) rows (i receives, j sends); param.inv_dense.{0,1}.{weight,bias} and
param.dist_embed.block.1.{weight,bias}; and, where they are known, out.ds (N,F) and out.dv (N,F,3).
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from torch_models.case_file import CaseError, load_weights, open_case
from torch_models.message_block import EquivariantMessage, length_and_unit

CHANNELS, NODES, EDGES_A_NODE, N_RBF, CUTOFF = 128, 2000, 20, 20, 5.0


@dataclass
class MessageJob:
    label: str
    block: EquivariantMessage
    s: torch.Tensor
    v: torch.Tensor
    r_E3: torch.Tensor
    dst: torch.Tensor
    src: torch.Tensor
    expected: dict  # "out.ds", "out.dv" where known
    gradient_s: torch.Tensor
    gradient_v: torch.Tensor

    def forward(self, block):
        return block(self.s, self.v, self.r_E3, self.dst, self.src, len(self.s))

    def forward_backward(self, block):
        """Gradients of every weight, s and v; positions are constants"""
        for tensor in (self.s, self.v, *self.block.parameters()):
            tensor.grad = None
        outputs = self.forward(block)
        torch.autograd.backward(outputs, (self.gradient_s, self.gradient_v))
        return outputs

    def filter_inputs(self):
        """Unit vectors, radial basis and envelope of every edge"""
        d_E, unit_E3 = length_and_unit(self.r_E3)
        return unit_E3, self.block.dist_embed.block[0](d_E), self.block.dist_embed.envelope(d_E)


def random_inputs() -> tuple:
    """Nodes hear from nodes near in number, as along a chain; lengths like those of neighbours within 5 Angstrom"""
    dst = torch.arange(NODES).repeat_interleave(EDGES_A_NODE)
    src = (dst + (40 * torch.randn(len(dst))).round().long()) % NODES
    return torch.randn(NODES, CHANNELS), torch.randn(NODES, CHANNELS, 3), 1.4 * torch.randn(len(dst), 3), dst, src


def open_message_job(path: Path | None) -> MessageJob:
    torch.manual_seed(7)
    expected = {}
    if path is None:
        label, block, inputs = "message", EquivariantMessage(CHANNELS, N_RBF, CUTOFF), random_inputs()
    else:
        case, label = open_case(path), path.name.removesuffix(".safetensors")
        rows, n_rbf = case.array("param.dist_embed.block.1.weight").shape
        block = EquivariantMessage(rows // 3, n_rbf, case.setting("cutoff"))
        load_weights(block, case)
        inputs = (case.reals("in.s"), case.reals("in.v"), case.reals("in.r"), *case.indices("in.nbr_list").unbind(1))
        expected = {name: case.reals(name) for name in ("out.ds", "out.dv") if case.has(name)}
        n, f = len(inputs[0]), rows // 3
        for tensor, shape, name in ((inputs[0], (n, f), "in.s"), (inputs[1], (n, f, 3), "in.v"),
                                    (inputs[2], (len(inputs[3]), 3), "in.r")):
            if tuple(tensor.shape) != shape:
                raise CaseError(f"{path}: {name} has shape {tuple(tensor.shape)}, the other tensors ask for {shape}; "
                                "write it again")
    s, v = inputs[0].requires_grad_(), inputs[1].requires_grad_()
    return MessageJob(label, block, s, v, *inputs[2:], expected, torch.randn_like(s), torch.randn_like(v))
