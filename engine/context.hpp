// Where work runs and the memory it runs in. One context serves one thread of control.
//
// Code that reaches visit is compiled with REGRAIN_HAS_CUDA where every kernel it calls has a CUDA form too;
// elsewhere the tag is Cpu alone and nothing of CUDA is asked for.
#pragma once

#include <utility>

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "engine/errors.hpp"

namespace regrain {

enum class Device { cpu, cuda };

class Context {
 public:
  // n_threads 0 takes what OMP_NUM_THREADS or the machine says.
  explicit Context(int n_threads = 0) : Context(Device::cpu, n_threads) {}
  // Throws Error(device) for cuda if the build or the machine has none.
  explicit Context(Device device, int n_threads = 0);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Device device() const { return device_; }
  int n_threads() const { return n_threads_; }
  // Host memory of the current step, see Tape.
  Arena& arena() { return arena_; }
  // Memory of the current step that kernels work on: the device's, or the same arena on the CPU.
  Arena& values() { return device_ == Device::cpu ? arena_ : values_; }
  // of the backend's memory
  Arena& scratch() { return scratch_; }

  // For work on tensors of the host whatever the device: batches are made there.
  Cpu host() { return {device_ == Device::cpu ? &scratch_ : &host_scratch_, n_threads_}; }

  // where the backend's memory comes from, for tensors
  const MemorySource& memory() const { return *memory_; }

  // `p` points to the backend's memory: fills it with zeros, copies it from or to the host. Only read waits for
  // the device.
  void zero(void* p, std::size_t bytes);
  void write(void* p, const void* from, std::size_t bytes);
  void read(void* to, const void* p, std::size_t bytes);
  // inside the backend's memory
  void copy(void* to, const void* from, std::size_t bytes);

  // Gives back, at the end of a scope, what a step took inside it.
  class Scope {
   public:
    explicit Scope(Context& context) : arena_(context.arena()), values_(context.values()) {}

   private:
    Arena::Scope arena_, values_;
  };

  // Calls f with the tag of the backend in use.
  template <class F>
  void visit(F&& f) {
    if (device_ == Device::cpu) return std::forward<F>(f)(host());
#ifdef REGRAIN_HAS_CUDA
    std::forward<F>(f)(Cuda{&scratch_, stream_});
#else
    fail(ErrorKind::device, "cuda: this part of the program runs on the CPU alone");
#endif
  }

 private:
  Device device_;
  int n_threads_;
  const MemorySource* memory_;
  void* stream_ = nullptr;
  Arena arena_;
  Arena values_;
  Arena scratch_;
  Arena host_scratch_;  // used beside a device alone
};

}  // namespace regrain
