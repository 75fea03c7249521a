// The tag that picks where a kernel runs: every kernel takes it as its first argument.
//
// Kernels are overloads declared side by side, `segment_sum(Cpu, ...)`; Context::visit hands the
// tag to a generic lambda, so there is no registry and no virtual call.
#pragma once

namespace regrain {

class Arena;

struct Cpu {
  Arena* scratch;  // memory for the time of one call; take an Arena::Scope
  int n_threads;   // results never depend on it
};

// Views and pointers given with this tag are device memory; kernels are put in order on the stream and may still
// be running on return. Nothing waits for the device inside a step.
struct Cuda {
  Arena* scratch;  // device memory for the time of one call; take an Arena::Scope
  void* stream;    // a cudaStream_t; carried so that nobody needs a header of CUDA
  bool tensor_cores = false;  // kernels in float that can multiply by them do, see Context::use_tensor_cores
};

}  // namespace regrain
