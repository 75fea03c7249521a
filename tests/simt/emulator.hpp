// Runs a CUDA grid on the CPU: one fiber a thread, one block after another, and stops at what CUDA leaves
// undefined.
//
// Warps run as far as they get, in the order of their numbers or in the opposite one, and so do their
// threads. A kernel that forgets a barrier reads what the threads before it have written in one of the orders
// alone, so a test that runs both sees it; what was never written is NaN. Errors end the program with the
// kernel, the block, the thread and the line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

#include "tests/simt/dim3.hpp"

namespace regrain::simt {

using Where = std::source_location;

enum class Order { forward, reverse };
// The order of blocks and threads from now on.
void set_order(Order order);

// A block's limit of shared memory that every supported device has (sm_80: 163 KiB, static and dynamic).
constexpr std::size_t kMaxSharedBytes = std::size_t{163} << 10;

// Runs `thread` for every thread of the grid, with threadIdx and its kin set. `signature` is the text the
// compiler gives for the launch; the kernel's name is in it. Appended to the file REGRAIN_SIMT_LAUNCHED
// names, if it is set.
void run_grid(const char* signature, dim3 grid, dim3 block, std::size_t shared_bytes,
              const std::function<void()>& thread);
// "neighbor_reduce_kernel" out of "... [with auto Kernel = ...::neighbor_reduce_kernel<float>; ...]"
std::string kernel_name(const std::string& signature);

// Is a kernel running?
bool in_kernel();
// Prints "simt: kernel, block, thread: message" and aborts.
[[noreturn]] void die(const std::string& message, const Where& where);
[[noreturn]] void die(const std::string& message);
// Has a thread of the grid run over the end of its stack at this address?
bool stack_overflowed_at(const void* address);
// ... or over the end of its dynamic shared memory?
bool shared_overflowed_at(const void* address);

// The words of CUDA, see cuda.hpp.
void block_barrier(const Where& where);
// All lanes of the mask meet at the same operation with the same mask and show each other a value: the 32
// values, of which those of lanes in the mask hold. The next operation overwrites them.
const std::uint64_t* warp_meeting(const char* operation, unsigned mask, std::uint64_t value,
                                  const Where& where);
unsigned lane();
// Shared memory of the running block, filled with NaN: `bytes` for the declaration `key` names, the same for
// all threads; the dynamic part, which ends where nothing may be touched.
void* static_shared(const void* key, std::size_t bytes, std::size_t alignment, const Where& where);
void* dynamic_shared(const Where& where);

}  // namespace regrain::simt
