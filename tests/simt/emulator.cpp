#include "tests/simt/emulator.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "engine/host_device.hpp"
#include "tests/simt/device_memory.hpp"
#include "tests/simt/fiber.hpp"
#include "tests/simt/shared_memory.hpp"

namespace regrain::simt {

namespace {

constexpr unsigned kWarp = 32;

enum class State { ready, at_barrier, at_meeting, exited };

struct Thread {
  Fiber fiber;
  State state = State::ready;
  uint3 index;
  Where where;            // of what it waits for
  const char* operation;  // of the meeting it waits at
  unsigned mask;
  std::uint64_t value;
  std::uint64_t met[kWarp];
};

struct Machine {
  std::vector<std::unique_ptr<Thread>> threads;
  SharedMemory shared;
  Order order = Order::forward;
  const std::function<void()>* body = nullptr;
  std::string kernel;
  std::set<std::string> launched;
  unsigned n = 0, current = 0, n_exited = 0;
  bool running = false;
};

// never destroyed: a kernel that dies at exit may still ask for it
Machine& machine() {
  static Machine& m = *new Machine;
  return m;
}

std::string text(const Where& where) {
  const char* slash = std::strrchr(where.file_name(), '/');
  return std::string(slash ? slash + 1 : where.file_name()) + ":" + std::to_string(where.line());
}

void wait(State state, const Where& where) {
  Machine& m = machine();
  Thread& t = *m.threads[m.current];
  t.state = state;
  t.where = where;
  t.fiber.leave();
}

void thread_entry() {
  Machine& m = machine();
  (*m.body)();
  Thread& t = *m.threads[m.current];
  t.state = State::exited;
  ++m.n_exited;
  t.fiber.leave();
  std::abort();  // an exited thread is never resumed
}

void enter(unsigned i) {
  Machine& m = machine();
  m.current = i;
  threadIdx = m.threads[i]->index;
  m.threads[i]->fiber.resume();
}

// All threads that have not exited wait at a barrier: let them go, if it is one that CUDA allows.
void release_barrier() {
  Machine& m = machine();
  const Thread* first = nullptr;
  for (unsigned i = 0; i < m.n; ++i) {
    Thread& t = *m.threads[i];
    m.current = i;
    threadIdx = t.index;
    if (t.state == State::exited) die("has exited while others wait at __syncthreads");
    if (first &&
        (t.where.line() != first->where.line() || std::strcmp(t.where.file_name(), first->where.file_name())))
      die("divergent __syncthreads: another thread waits at " + text(first->where), t.where);
    if (!first) first = &t;
  }
  for (unsigned i = 0; i < m.n; ++i) m.threads[i]->state = State::ready;
}

[[noreturn]] void report_deadlock() {
  Machine& m = machine();
  std::string others;
  unsigned stuck = m.n;
  for (unsigned i = 0; i < m.n; ++i) {
    const Thread& t = *m.threads[i];
    if (t.state == State::at_meeting && stuck == m.n) stuck = i;
    if (t.state == State::at_barrier && others.empty())
      others = "; others wait at __syncthreads, " + text(t.where);
  }
  if (others.empty() && m.n_exited) others = "; others have exited";
  m.current = stuck;
  threadIdx = m.threads[stuck]->index;
  die(std::string(m.threads[stuck]->operation) + " waits for lanes of its mask that don't come" + others,
      m.threads[stuck]->where);
}

// Runs the warp that begins at thread `first` as far as it gets alone: the others see all of it or nothing.
// False if every thread waits or has exited.
bool run_warp(unsigned first) {
  Machine& m = machine();
  bool progress = false;
  for (bool more = true; more;) {
    more = false;
    for (unsigned k = 0; k < kWarp; ++k) {
      const unsigned i = first + (m.order == Order::forward ? k : kWarp - 1 - k);
      if (m.threads[i]->state != State::ready) continue;
      more = progress = true;
      enter(i);
    }
  }
  return progress;
}

void run_block(dim3 block, std::size_t shared_bytes) {
  Machine& m = machine();
  m.shared.begin_block(shared_bytes);
  m.n_exited = 0;
  for (unsigned i = 0; i < m.n; ++i) {
    Thread& t = *m.threads[i];
    t.state = State::ready;
    t.index = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
    t.fiber.start(thread_entry);
  }
  while (m.n_exited < m.n) {
    bool progress = false;
    unsigned n_waiting = 0;
    for (unsigned k = 0; k < m.n; k += kWarp)
      if (run_warp(m.order == Order::forward ? k : m.n - kWarp - k)) progress = true;
    for (unsigned i = 0; i < m.n; ++i) n_waiting += m.threads[i]->state == State::at_barrier;
    if (n_waiting && n_waiting + m.n_exited == m.n) {
      release_barrier();
    } else if (!progress) {
      report_deadlock();
    }
  }
  if (!m.shared.intact()) die("the block wrote outside its arrays of shared memory");
}

void record(const std::string& kernel) {
  const char* file = std::getenv("REGRAIN_SIMT_LAUNCHED");
  if (!file || !machine().launched.insert(kernel).second) return;
  std::FILE* out = std::fopen(file, "a");
  if (!out) return;
  std::fprintf(out, "%s\n", kernel.c_str());
  std::fclose(out);
}

}  // namespace

void set_order(Order order) { machine().order = order; }
bool in_kernel() { return machine().running; }
unsigned lane() { return machine().current % kWarp; }

bool stack_overflowed_at(const void* address) {
  const Machine& m = machine();
  return m.running && m.threads[m.current]->fiber.overflowed_at(address);
}

bool shared_overflowed_at(const void* address) {
  return machine().running && machine().shared.overflowed_at(address);
}

void die(const std::string& message) {
  const Machine& m = machine();
  if (m.running) {
    std::fprintf(stderr, "simt: %s, block (%u, %u, %u), thread (%u, %u, %u): %s\n", m.kernel.c_str(),
                 blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z, message.c_str());
  } else {
    std::fprintf(stderr, "simt: %s\n", message.c_str());
  }
  std::abort();
}
void die(const std::string& message, const Where& where) { die(text(where) + ": " + message); }

void assertion_failed(const char* condition, const char* file, int line) {
  const char* slash = std::strrchr(file, '/');
  die(std::string(slash ? slash + 1 : file) + ":" + std::to_string(line) + ": not so: " + condition);
}

std::string kernel_name(const std::string& signature) {
  const std::string mark = "Kernel = ";
  const std::size_t at = signature.find(mark);
  if (at == std::string::npos) return signature;
  std::string name = signature.substr(at + mark.size());
  name = name.substr(0, name.find_first_of("<;,]"));
  const std::size_t colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

void run_grid(const char* signature, dim3 grid, dim3 block, std::size_t shared_bytes,
              const std::function<void()>& thread) {
  Machine& m = machine();
  m.kernel = kernel_name(signature);
  record(m.kernel);
  const std::uint64_t n = std::uint64_t{block.x} * block.y * block.z;
  if (n == 0 || n > 1024 || n % kWarp)
    die(m.kernel + ": a block of " + std::to_string(n) + " threads; whole warps, at most 1024");
  if (std::uint64_t{grid.x} * grid.y * grid.z == 0) die(m.kernel + ": launched with an empty grid");
  if (grid.x > 0x7FFFFFFFu || grid.y > 65535 || grid.z > 65535)
    die(m.kernel + ": the grid is larger than a device takes");
  if (shared_bytes > kMaxSharedBytes)
    die(m.kernel + ": " + std::to_string(shared_bytes) + " bytes of shared memory");
  while (m.threads.size() < n) m.threads.push_back(std::make_unique<Thread>());
  m.n = static_cast<unsigned>(n);
  m.body = &thread;
  blockDim = block;
  gridDim = grid;
  {
    explain_faults();
    const OpenDeviceMemory open;
    m.running = true;
    const std::uint64_t blocks = std::uint64_t{grid.x} * grid.y * grid.z;
    for (std::uint64_t k = 0; k < blocks; ++k) {
      const std::uint64_t b = m.order == Order::forward ? k : blocks - 1 - k;
      blockIdx = {static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y),
                  static_cast<unsigned>(b / grid.x / grid.y)};
      run_block(block, shared_bytes);
    }
    m.running = false;
    if (!red_zones_intact()) die(m.kernel + ": wrote behind the end of an array in device memory");
  }
}

void block_barrier(const Where& where) { wait(State::at_barrier, where); }

const std::uint64_t* warp_meeting(const char* operation, unsigned mask, std::uint64_t value,
                                  const Where& where) {
  Machine& m = machine();
  Thread& me = *m.threads[m.current];
  const unsigned first = m.current / kWarp * kWarp;
  if (!(mask >> lane() & 1)) die(std::string(operation) + ": the caller is not in its own mask", where);
  me.operation = operation;
  me.mask = mask;
  me.value = value;
  bool complete = true;
  for (unsigned l = 0; l < kWarp; ++l) {
    const Thread& other = *m.threads[first + l];
    if (!(mask >> l & 1) || &other == &me) continue;
    if (other.state == State::exited)
      die(std::string(operation) + ": lane " + std::to_string(l) + " of the mask has exited", where);
    if (other.state != State::at_meeting) {
      complete = false;
    } else if (other.mask != mask || (other.operation != operation && std::strcmp(other.operation, operation))) {
      die(std::string(operation) + ": lane " + std::to_string(l) + " of the mask waits at " +
              text(other.where) + ", another operation or another mask",
          where);
    }
  }
  if (!complete) {
    wait(State::at_meeting, where);
    return me.met;
  }
  std::uint64_t met[kWarp];
  for (unsigned l = 0; l < kWarp; ++l) met[l] = m.threads[first + l]->value;
  for (unsigned l = 0; l < kWarp; ++l) {
    if (!(mask >> l & 1)) continue;
    std::memcpy(m.threads[first + l]->met, met, sizeof met);
    m.threads[first + l]->state = State::ready;
  }
  return me.met;
}

void* static_shared(const void* key, std::size_t bytes, std::size_t alignment, const Where& where) {
  // without cudaFuncSetAttribute, which is for the dynamic part alone
  constexpr std::size_t kMaxStatic = std::size_t{48} << 10;
  if (bytes > kMaxStatic)
    die("an array of " + std::to_string(bytes) + " bytes of static shared memory", where);
  void* p = machine().shared.declare(key, bytes, alignment, kMaxSharedBytes);
  if (!p) die("more shared memory than a block has", where);
  return p;
}

void* dynamic_shared(const Where& where) {
  if (machine().shared.dynamic_bytes() == 0) die("dynamic shared memory, but the launch gave none", where);
  return machine().shared.dynamic();
}

}  // namespace regrain::simt
