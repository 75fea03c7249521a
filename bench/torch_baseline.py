#!/usr/bin/env python3
"""Times the published formulation of both models in plain PyTorch, so that the engine's speed can be told as a ratio.

    bench/torch_baseline.py CASE.safetensors -o result.json              training step and prior sample
    bench/torch_baseline.py --job message --mode compile -o result.json  PaiNN's message block on random inputs

Nothing is timed whose result differs from the file's: PyTorch first computes the loss of the case, which the engine
wrote, and has to agree; so have the sample and the gradient of every parameter where the file knows them. CPU seconds are those of the whole process; a job's peak memory includes what jobs before it
left allocated, so ask for one job where memory matters. On a CUDA device the clock on the wall counts, and stops when
the device has done its work; peak_device_mb is what PyTorch's allocator held at most. TF32 stays off. Needs torch and
numpy (pip install torch numpy).
"""

import argparse
import json
import os
import platform
import re
import resource
import statistics
import sys
import time
from pathlib import Path

# glibc keeps what it frees, so that large arrays aren't mapped and paged in anew at every operation
TUNED_MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_TOP_PAD_": "268435456"}
TOLERANCE = 1e-4  # relative
GRADIENT_TOLERANCE = 1e-3  # of one parameter's gradient, relative to its norm


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", type=Path, metavar="CASE.safetensors",
                        help="batch, weights and loss; the layout stands in torch_models/case_file.py")
    parser.add_argument("--job", action="append", choices=["step", "sample", "message"],
                        help="may be repeated; default: step and sample with a case, message without")
    parser.add_argument("--message-case", type=Path, metavar="FILE",
                        help="inputs of the message block, and its outputs where they are known; the layout stands "
                             "in torch_models/message_job.py")
    parser.add_argument("--mode", choices=["eager", "compile"], default="eager", help="default: eager")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="default: float32")
    parser.add_argument("--device", default="cpu", metavar="cpu|cuda[:n]", help="default: cpu")
    parser.add_argument("--malloc", choices=["default", "tuned"], default="default",
                        help="tuned: start again with " + " ".join(f"{k}={v}" for k, v in TUNED_MALLOC.items()))
    parser.add_argument("--repeat", type=int, default=10, metavar="N", help="default: 10")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument("-o", dest="output", type=Path, metavar="result.json", help="default: standard output")
    options = parser.parse_args()
    options.job = list(dict.fromkeys(options.job or (["step", "sample"] if options.case else ["message"])))
    if not re.fullmatch(r"cpu|cuda(:\d+)?", options.device):
        parser.error(f"--device {options.device}: is neither cpu, cuda nor cuda:0, cuda:1, ...")
    if options.case is None and options.job != ["message"]:
        parser.error("step and sample need CASE.safetensors")
    if options.repeat < 1 or options.threads < 1:
        parser.error("--repeat and --threads start at 1")
    if options.output and not options.output.parent.is_dir():
        parser.error(f"{options.output.parent} is no folder; give another file with -o")
    return options


class Failed(Exception):
    """Ends the program with one line."""


def resident_mb(reset: bool = False) -> float:
    """Peak resident memory since the last reset; where the system can't reset it, of the process"""
    if reset:
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def require_close(what: str, here: float, there: float) -> None:
    if not abs(here - there) <= TOLERANCE * abs(there):  # a NaN is not close
        raise Failed(f"{what} {here:.7g} here, {there:.7g} in the file; not timed")


def first_call(run, mode: str):
    """What the first call returns; in compile mode it compiles."""
    try:
        return run()
    except Exception as error:
        if mode == "eager":
            raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise Failed(f"torch.compile failed: {reason[0]}; install a C++ compiler (g++), or use --mode eager") from None


def on_device(options) -> bool:
    return options.device != "cpu"


def wait_for_device(options) -> None:
    if on_device(options):
        import torch
        torch.cuda.synchronize()


def measure(run, options, check=lambda result: None) -> dict:
    """`run` returns (result, seconds of CPU by part); one warming call is checked, one more is thrown away"""
    resident_mb(reset=True)
    if on_device(options):
        import torch
        torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    check(first_call(run, options.mode)[0])
    first_wall_s = time.perf_counter() - begin
    run()
    wait_for_device(options)
    cpu, wall, parts = [], [], []
    for _ in range(options.repeat):
        wall_begin, cpu_begin = time.perf_counter(), time.process_time()
        parts.append(run()[1])
        wait_for_device(options)
        cpu.append(time.process_time() - cpu_begin)
        wall.append(time.perf_counter() - wall_begin)
    result = {"cpu_s_median": statistics.median(cpu), "cpu_s_min": min(cpu),
              "wall_s_median": statistics.median(wall), "wall_s_min": min(wall),
              "first_call_wall_s": first_wall_s, "peak_rss_mb": resident_mb()}
    if on_device(options):
        result["peak_device_mb"] = torch.cuda.max_memory_allocated() / 2**20
    elif parts[0]:  # a device may still be at work when the host has gone on
        result["parts_cpu_s_median"] = {name: statistics.median(p[name] for p in parts) for name in parts[0]}
    return result


def require_gradients(model, batch, case, label: str) -> float:
    """The largest relative difference of a parameter's gradient norm from the file's"""
    model.loss(batch).backward()
    worst = 0.0
    for name, parameter in model.named_parameters():
        there = float(case.array(f"gradnorm.{name}")[0])
        here = float(parameter.grad.norm()) if parameter.grad is not None else 0.0
        off = abs(here - there) / there if there > 0 else here
        if not off <= GRADIENT_TOLERANCE:
            raise Failed(f"{label}: gradient of {name} has norm {here:.7g} here, {there:.7g} in the file; not timed")
        worst = max(worst, off)
        parameter.grad = None
    return worst


def training_step(torch, model, batch, clip_norm: float, compiled):
    # a learning rate of 0 costs what any other does and leaves every repetition the same first step
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0)
    loss_of = compiled(model.loss)

    def run():
        stamps = [time.process_time()]
        optimizer.zero_grad()
        loss = loss_of(batch)
        stamps.append(time.process_time())
        loss.backward()
        stamps.append(time.process_time())
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        stamps.append(time.process_time())
        return loss.detach(), {name: end - begin for name, begin, end
                               in zip(("forward", "backward", "clip_and_adam"), stamps, stamps[1:])}

    return run


def model_jobs(torch, options, compiled):
    """(name, figures) of step and sample"""
    from torch_models import cgvae, genzprot, protein_batch
    from torch_models.case_file import load_weights, open_case

    case = open_case(options.case)
    if case.stage == "message":
        raise Failed(f"{case.path}: holds neither in.nxyz (stage 1) nor input.nxyz (stage 2); "
                     "give inputs of the message block with --message-case")
    with torch.device(options.device):  # for building alone: a default device costs every call some Python
        if case.stage == "stage1":
            model, batch, clip_norm = cgvae.Cgvae(case), cgvae.read_batch(case), cgvae.CLIP_NORM
        else:
            model, batch, clip_norm = genzprot.Genzprot(case), protein_batch.read_batch(case), genzprot.CLIP_NORM
        load_weights(model, case)
    label = case.path.name.removesuffix(".safetensors")
    with torch.no_grad():
        loss = float(model.loss(batch))
    require_close(f"{label}: loss", loss, case.loss())
    losses = {"loss": loss, "loss_in_file": case.loss()}
    if "step" in options.job:
        if any(name.startswith("gradnorm.") for name in case.tensors):
            losses["gradients_off"] = require_gradients(model, batch, case, label)
        run = training_step(torch, model, batch, clip_norm, compiled)
        figures = measure(run, options, lambda value: require_close(f"{label}: loss", float(value), case.loss()))
        yield f"{case.stage} step", figures | losses
        for parameter in model.parameters():
            parameter.grad = None
    if "sample" in options.job:
        sample_of = compiled(model.sample)

        def check(xyz):
            if case.has("sample.xyz"):  # else the loss, which shares prior and decoder, has to do
                truth = case.reals("sample.xyz")
                off = float((xyz.cpu() - truth).abs().max() / truth.abs().max())
                if not off <= TOLERANCE:
                    raise Failed(f"{label}: sample.xyz is {off:.2g} away from the file's, relatively; not timed")

        with torch.no_grad():
            yield f"{case.stage} sample", measure(lambda: (sample_of(batch), {}), options, check) | losses


def message_jobs(torch, options, compiled):
    """(name, figures) of the block alone"""
    from torch_models.message_job import open_message_job

    with torch.device(options.device):
        job = open_message_job(options.message_case)
    with torch.no_grad():
        for name, value in zip(("out.ds", "out.dv"), job.forward(job.block)):
            if name in job.expected:
                off = float((value - job.expected[name]).abs().max() / job.expected[name].abs().max())
                if not off <= TOLERANCE:
                    raise Failed(f"{job.label}: {name} is {off:.2g} away from the file's, relatively; not timed")
        filter_inputs, block = compiled(job.filter_inputs), compiled(job.block)
        # what a network whose layers share a cutoff needs once, and every block here computes anew
        yield "message geometry", measure(lambda: (filter_inputs(), {}), options)
        yield "message forward", measure(lambda: (job.forward(block), {}), options)
    yield "message forward and backward", measure(lambda: (job.forward_backward(block), {}), options)


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def run_jobs(options) -> list[dict]:
    try:
        import numpy  # noqa: F401, torch doesn't bring it
        import torch
    except ImportError as error:
        raise Failed(f"PyTorch or NumPy can't be imported ({error}); pip install torch numpy") from None
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    torch.set_default_dtype(getattr(torch, options.dtype))
    torch.manual_seed(0)
    if on_device(options):
        if not torch.cuda.is_available():
            raise Failed(f"--device {options.device}: PyTorch sees no CUDA device; install a build for CUDA, or use "
                         "--device cpu")
        torch.cuda.set_device(options.device if ":" in options.device else 0)
    if options.mode == "compile":
        import torch._inductor.config
        torch._inductor.config.compile_threads = options.threads

    def compiled(function):
        return torch.compile(function, fullgraph=True, dynamic=False) if options.mode == "compile" else function

    environment = {name: os.environ[name] for name in TUNED_MALLOC if name in os.environ}
    shared = {"mode": options.mode, "dtype": options.dtype, "threads": options.threads, "repeat": options.repeat,
              "malloc": "tuned" if environment == TUNED_MALLOC else "other" if environment else "default",
              "malloc_environment": environment, "rss_at_start_mb": resident_mb(), "torch": torch.__version__,
              "cpu": cpu_model(), "device": torch.cuda.get_device_name() if on_device(options) else "cpu"}
    from torch_models.case_file import CaseError
    results = []
    try:
        for chosen, source, jobs in ((options.case and set(options.job) & {"step", "sample"}, options.case, model_jobs),
                                     ("message" in options.job, options.message_case, message_jobs)):
            for name, figures in jobs(torch, options, compiled) if chosen else ():
                results.append({"job": name, "case": source.name if source else "random"} | figures | shared)
                print(f"{name}: {figures['cpu_s_median']:.4g} s of CPU, {figures['wall_s_median']:.4g} s, "
                      f"{figures.get('peak_device_mb', figures['peak_rss_mb']):.0f} MB", file=sys.stderr)
    except CaseError as error:
        raise Failed(str(error)) from None
    except torch.OutOfMemoryError as error:
        raise Failed(f"the device's memory is too small for PyTorch here: {str(error).splitlines()[0]}") from None
    return results


def main() -> int:
    options = arguments()
    if options.malloc == "tuned" and any(os.environ.get(name) != value for name, value in TUNED_MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | TUNED_MALLOC)
    try:
        text = json.dumps(run_jobs(options), indent=1) + "\n"
        if options.output:
            options.output.write_text(text)
        else:
            sys.stdout.write(text)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.output}: {error.strerror}; give another file with -o", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
