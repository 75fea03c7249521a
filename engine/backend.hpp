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

}  // namespace regrain
