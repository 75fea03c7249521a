"""Case files: the batch, weights and loss that PyTorch must reproduce before it is timed.

A case is one safetensors file with the names of tests/golden; A atoms, B beads, R residues of all its frames joined,
indices counted over all of them, lengths in Angstrom. Both stages: param.<published name>, loss.total, and where they
are known sample.xyz (A,3) and gradnorm.<published name>, the norm of each parameter's gradient.
  Stage 1  header metadata "config", JSON: n_basis, n_rbf, enc_nconv, dec_nconv, atom_cutoff, cg_cutoff, beta, gamma.
           in.nxyz (A,4) atomic number and xyz, in.CG_nxyz (B,4) bead in its frame and xyz, in.CG_mapping (A),
           in.nbr_list, in.CG_nbr_list, in.bond_edge_list (.,2), in.num_CGs (frames), in.eps (B,F) or (steps,B,F).
  Stage 2  "config" may give beta, delta, eta, zeta. input.nxyz (A,4), input.CG_nxyz (R,4) residue type and xyz,
           input.OG_CG_nxyz the same of all residues of the file, input.CG_mapping (A), input.nbr_list,
           input.CG_nbr_list, input.bond_edge_list, input.clash_pairs, input.bb_NO_list (.,2), input.ic (R,13,3),
           input.mask (13 R), input.mask_xyz_list, input.prot_idx (frames), input.num_CGs (frames), input.eps (R,36);
           of one frame: input.atom_idx, input.permute (atoms), input.atom_orders (10, residues, 3).
Golden files are read as they are: weights by formula where a stage 1 file holds none, the several files of a stage 2
case joined. The format (8 bytes of length, a JSON header, raw little-endian arrays) is read here, so that torch and
numpy are all that the comparison needs.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

NUMPY_TYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}


class CaseError(Exception):
    """A case that can't be used; the text says why and what to do."""


@dataclass
class Case:
    path: Path
    config: dict  # from the header, {} if there is none
    tensors: dict  # name -> numpy array

    @property
    def stage(self) -> str:
        if "in.nxyz" in self.tensors:
            return "stage1"
        return "stage2" if "input.nxyz" in self.tensors else "message"

    def has(self, name: str) -> bool:
        return name in self.tensors

    def array(self, name: str) -> np.ndarray:
        if name not in self.tensors:
            raise CaseError(f"{self.path}: holds no tensor {name}; the layout of a case stands in torch_models/"
                            "case_file.py, of inputs of the message block in torch_models/message_job.py")
        return self.tensors[name]

    def indices(self, name: str) -> torch.Tensor:
        return torch.from_numpy(self.array(name).astype(np.int64)).to(torch.get_default_device())

    def reals(self, name: str) -> torch.Tensor:
        """In the default dtype on the default device, which the command line sets."""
        return torch.from_numpy(self.array(name).astype(np.float64)).to(torch.get_default_device(), torch.get_default_dtype())

    def loss(self) -> float:
        return float(self.array("loss.total").reshape(-1)[0])

    def setting(self, name: str) -> float:
        if name not in self.config:
            raise CaseError(f'{self.path}: header metadata "config" has no {name}; write it as JSON into the header')
        return self.config[name]


def read_safetensors(path: Path) -> tuple[dict, dict]:
    """(config, tensors): the header's metadata key config is JSON"""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}; give a safetensors file") from None
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + length])
        config = json.loads(header.pop("__metadata__", {}).get("config", "{}"))
        tensors = {}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            values = np.frombuffer(data[begin:end], NUMPY_TYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseError(f"{path}: no safetensors file of {', '.join(NUMPY_TYPES)} ({type(error).__name__}: {error}); "
                        "write it again") from None
    return config, tensors


def open_case(path: Path) -> Case:
    config, tensors = read_safetensors(path)
    case = Case(path, config, tensors)
    golden = "_inputs.safetensors"
    if path.name.endswith(golden) and "loss.total" not in tensors:
        stem = path.name.removesuffix(golden)
        weights = "weights_init_seed4321" if stem.endswith("_init") else "weights_ckpt12345"
        tensors |= read_safetensors(path.with_name(f"{stem}_f64.safetensors"))[1]
        tensors |= {f"param.{name}": values
                    for name, values in read_safetensors(path.with_name(f"{weights}.safetensors"))[1].items()}
    return case


def formula_weight(name: str, shape: tuple, wscale: float) -> np.ndarray:
    """float32 weights as a function of name and index: splitmix64 of an FNV-1a hash, see tests/golden."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    x = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(hashed)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    r = 2 * ((x >> np.uint64(40)).astype(np.float64) * 2.0**-24) - 1  # [-1, 1)
    table = name.endswith("atom_embed.weight")
    scale = 1.0 if table else wscale * math.sqrt(6 / sum(shape)) if len(shape) == 2 else 0.05
    w = (r * scale).astype(np.float32).reshape(shape)
    if table:
        w[0] = 0
    return w


def load_weights(model: torch.nn.Module, case: Case) -> None:
    """The file's param.*, or the formula where a stage 1 file holds none."""
    by_formula = case.stage == "stage1" and not any(name.startswith("param.") for name in case.tensors)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            shape = tuple(parameter.shape)
            if by_formula:
                values = formula_weight(name, shape, case.config.get("wscale", 1.0))
            else:
                values = case.array(f"param.{name}")
            if values.shape != shape:
                raise CaseError(f"{case.path}: param.{name} has shape {values.shape}, the model needs {shape}; "
                                "check the config in the header")
            parameter.copy_(torch.from_numpy(values.copy()))
