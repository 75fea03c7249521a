// Where work runs and the memory it runs in. One context serves one thread of control.
//
// devices() lists what a context can be made for beside the CPU. In builds with REGRAIN_HAS_CUDA code that reaches visit
// is compiled for both tags; elsewhere the tag is Cpu alone and nothing of CUDA is asked for.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "engine/errors.hpp"

namespace regrain {

enum class Device { cpu, cuda };

// Was the program built with kernels for devices?
bool built_for_devices();
// The names of all devices that can be used, "NVIDIA H100 80GB HBM3, 79 GiB"; none without a driver.
std::vector<std::string> devices();

class Context {
 public:
  // n_threads 0 takes what OMP_NUM_THREADS or the machine says.
  explicit Context(int n_threads = 0) : Context(Device::cpu, n_threads) {}
  static constexpr int kDeviceInUse = -1;  // the one the calling thread works with
  // `index` is a device's number. Throws Error(device) for cuda if the build or the machine has none of it.
  explicit Context(Device device, int n_threads = 0, int index = kDeviceInUse);
  // Work on the caller's stream of that device, a cudaStream_t other than the default one, which must outlive the
  // context: what the caller puts there before and after keeps its order with what the context does.
  static std::unique_ptr<Context> on_stream(void* stream, int index, int n_threads = 0);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Device device() const { return device_; }
  int device_index() const { return index_; }
  int n_threads() const { return n_threads_; }
  // From now on kernels whose time goes into multiply-adds of float use tensor cores for them, three products of TF32 for
  // one, with float's precision and other last bits: kernels/cuda/tensor_core.cuh. For devices alone; recordings keep what
  // they were made with.
  void use_tensor_cores(bool use) { tensor_cores_ = use; }
  // For a thread that works with a context another one made: devices are chosen thread by thread.
  void enter_thread();
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

  // of the device's memory nobody has taken; for devices alone
  std::size_t free_bytes() const;
  // where memory of the host comes from that is copied to the backend's without a detour
  const MemorySource& staging_memory() const;

  // `p` points to the backend's memory: fills it with zeros, copies it from or to the host. Only read waits for
  // the device.
  void zero(void* p, std::size_t bytes);
  void write(void* p, const void* from, std::size_t bytes);
  void read(void* to, const void* p, std::size_t bytes);
  // inside the backend's memory
  void copy(void* to, const void* from, std::size_t bytes);
  // Waits for all that was put in order so far.
  void wait();

  // Work on the device that was written down, to be put in order again as one piece.
  class Recording {
   public:
    Recording() = default;
    Recording(Recording&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Recording& operator=(Recording&& other) noexcept {
      std::swap(handle_, other.handle_);
      return *this;
    }
    ~Recording();

   private:
    friend class Context;
    void* handle_ = nullptr;
  };
  // What f puts in order, written down and not run; for devices alone. f neither waits for the device nor exchanges
  // memory with the host, and has run before, so that the arenas hold what it needs; begin_step() stands in front of
  // it, outside. A recording is good as long as memory_generation() stays.
  template <class F>
  Recording record(F&& f) {
    begin_recording();
    try {
      std::forward<F>(f)();
    } catch (...) {
      abandon_recording();
      throw;
    }
    return end_recording();
  }
  void replay(const Recording& recording);
  // Goes up when memory the arenas of the backend handed out has gone back to the system.
  int memory_generation() const { return values_.generation() + scratch_.generation(); }

  // Gives back, at the end of a scope, what a step took inside it.
  class Scope {
   public:
    explicit Scope(Context& context) : arena_(context.arena()), values_(context.values()) {}

   private:
    Arena::Scope arena_, values_;
  };

  // Begins a step: what the last one left in the arenas is given up.
  void begin_step() {
    arena_.reset();
    values_.reset();
  }

  // Gives the backend's memory of the last step back to the system.
  void release_memory() {
    values_.release();
    scratch_.release();
  }

  // Calls f with the tag of the backend in use.
  template <class F>
  void visit(F&& f) {
    if (device_ == Device::cpu) return std::forward<F>(f)(host());
#ifdef REGRAIN_HAS_CUDA
    std::forward<F>(f)(Cuda{&scratch_, stream_, tensor_cores_});
#else
    fail(ErrorKind::device, "cuda: this part of the program runs on the CPU alone");
#endif
  }

 private:
  Context(Device device, int n_threads, int index, void* callers_stream);
  void begin_recording();
  void abandon_recording() noexcept;
  Recording end_recording();

  Device device_;
  int n_threads_;
  int index_;
  bool owns_stream_;
  const MemorySource* memory_;
  void* stream_ = nullptr;
  bool tensor_cores_ = false;
  Arena arena_;
  Arena values_;
  Arena scratch_;
  Arena host_scratch_;  // used beside a device alone
};

}  // namespace regrain
